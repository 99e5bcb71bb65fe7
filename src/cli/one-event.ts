import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { CliError, type Io } from './io.ts';

const ONE_EVENT = 'expected one JSON object: an API event, a captured exchange or an incident';

/** Reads one event as JSON from a file, or from stdin. */
export async function readEvent(io: Io, file: string | undefined): Promise<JsonObject> {
  const name = file === undefined || file === '-' ? 'stdin' : file;
  let raw: unknown;
  try {
    raw = JSON.parse(name === 'stdin' ? await text(io.stdin) : readFileSync(name, 'utf8'));
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? ONE_EVENT : error instanceof Error ? error.message : ONE_EVENT;
    throw new CliError(`${name} cannot be read: ${reason}`);
  }
  // A text holds a captured exchange, as the feed's `payload` does.
  if (typeof raw === 'string') return { payload: raw };
  if (isJsonObject(raw)) return raw;
  throw new CliError(`${name} cannot be read: ${ONE_EVENT}`);
}
