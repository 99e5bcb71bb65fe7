import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '../core/json.ts';
import { readHandedEvents } from '../rules/index.ts';
import { CliError, type Io } from './io.ts';

const ONE_EVENT =
  'expected one event as JSON or YAML: an API event, a captured exchange, an incident, or an event of a rule test';

/** Reads one event as JSON or YAML from a file, or from stdin. */
export async function readEvent(io: Io, file: string | undefined): Promise<JsonObject> {
  const name = file === undefined || file === '-' ? 'stdin' : file;
  const events = readHandedEvents(await textOf(io, name));
  const [event, ...others] = events ?? [];
  if (event === undefined) throw new CliError(`${name} cannot be read: ${ONE_EVENT}`);
  if (others.length === 0) return event;
  throw new CliError(`${name} holds ${others.length + 1} events; leave the one that is asked about`);
}

async function textOf(io: Io, name: string): Promise<string> {
  try {
    return name === 'stdin' ? await text(io.stdin) : readFileSync(name, 'utf8');
  } catch (error) {
    throw new CliError(`${name} cannot be read: ${error instanceof Error ? error.message : ONE_EVENT}`);
  }
}
