import { isJsonObject, type JsonObject } from '../core/json.ts';
import { plain } from './positioned.ts';
import { ProblemList } from './problems.ts';
import { readYaml } from './yaml-file.ts';

/** Keys that only events of rule tests have: when, how often, and what other rules say. */
const TEST_KEYS: readonly string[] = ['at', 'repeat', 'also'];

/**
 * A test's event as the feed would show it: without the keys that are the test's, and with `exchange` as its payload.
 * Other events stay as they are, so that whoever takes events from people takes either.
 * Undefined where `exchange` is no map, or stands beside `payload`.
 */
export function eventOfTest(event: JsonObject): JsonObject | undefined {
  const { exchange, ...rest } = event;
  const raw = Object.fromEntries(Object.entries(rest).filter(([key]) => !TEST_KEYS.includes(key)));
  if (exchange === undefined) return raw;
  if (!isJsonObject(exchange) || Object.hasOwn(raw, 'payload')) return undefined;
  return { ...raw, payload: exchange };
}

/**
 * The events in a text that a person hands over: one object or a list of them, as JSON or YAML, or a whole test of a rule
 * file (`events: [...]`). Undefined where it is neither. A mere text stands for a payload.
 */
export function readHandedEvents(text: string): readonly JsonObject[] | undefined {
  return eventsIn(jsonOf(text) ?? yamlOf(text));
}

function eventsIn(value: unknown): readonly JsonObject[] | undefined {
  if (Array.isArray(value)) {
    const all = value.map(eventsIn);
    return all.every((each) => each !== undefined) && all.length > 0 ? all.flat() : undefined;
  }
  if (typeof value === 'string') return [{ payload: value }];
  if (!isJsonObject(value)) return undefined;
  const { events } = value;
  if (Array.isArray(events) && !Object.hasOwn(value, 'payload')) return eventsIn(events);
  return [eventOfTest(value) ?? value];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A line of words is YAML as well, and no event. */
function yamlOf(text: string): unknown {
  const problems = new ProblemList();
  const { root } = readYaml(text, problems);
  return root === undefined || problems.failed || root.kind === 'scalar' ? undefined : plain(root);
}
