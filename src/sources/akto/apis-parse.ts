import { createHash } from 'node:crypto';
import { type Event, eventId } from '../../core/event.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Unusable } from '../changing-list.ts';
import { isTooDeep, MOST_LEVELS } from '../nesting.ts';
import { named, quoted } from '../sentence.ts';
import { readSecond, readText, SANE_SECONDS } from './epoch-second.ts';

/** Scanners make up paths of any length. */
const LONGEST_ID = 512;
const DIGEST_CHARS = 32;

/** A row of the list as one state of its API, or why it is none. */
export function readApi(row: Json, source: string, nowMs: number): Event | Unusable {
  const raw = isJsonObject(row) ? row : {};
  const second = readSecond(raw['discoveredAt'], nowMs);
  const left = (problem: string): Unusable => ({ problem: `${named(source)} ${problem} and was left out` });
  const api = readText(raw['api']);
  if (api === undefined)
    return left(`an API (discoveredAt ${quoted(raw['discoveredAt'])}) has no usable path`);
  const which = `the API ${quoted(api)}`;
  if (second === undefined)
    return left(
      `${which} has the discoveredAt ${quoted(raw['discoveredAt'])}, which is not in ${SANE_SECONDS},`,
    );
  if (isTooDeep(raw)) return left(`${which} is nested more than ${MOST_LEVELS} levels deep,`);
  const feedId = apiId(raw, api);
  const counts = [raw['requestsCount'], raw['actorsCount']].map(readCount);
  const revision = [second, ...counts].join('-');
  const id = eventId(source, 'threat_apis', feedId, revision);
  return { id, source, feed: 'threat_apis', feedId, revision, timeMs: second * 1_000, raw };
}

/** `METHOD host path`, with `*` for the host that older servers do not name. */
function apiId({ method, host }: JsonObject, api: string): string {
  const parts = [readText(method) ?? '*', readText(host) ?? '*'].map((part) =>
    part.replaceAll('%', '%25').replaceAll(' ', '%20'),
  );
  const id = [...parts, api].join(' ');
  if (id.length <= LONGEST_ID) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, DIGEST_CHARS);
  return `${id.slice(0, LONGEST_ID - DIGEST_CHARS - 1)}~${digest}`;
}

function readCount(value: Json | undefined): number | string {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 'uncounted';
}
