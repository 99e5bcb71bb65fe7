import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { parseJsonBody } from '../net/index.ts';

/**
 * What the body of a 2xx says, whoever wrote it.
 * - `nothing`: it is empty
 * - `yes`, `no`: in one of the ways that receivers of webhooks have in common
 * - `page`: an HTML document. Receivers answer machines; a page was put in front of them: a sign-in, a captive portal, a
 *   maintenance page, a parked domain
 * - `something`: anything else
 */
export type Saying = 'nothing' | 'yes' | 'no' | 'page' | 'something';

export interface Said {
  readonly body: string;
  readonly contentType?: string | undefined;
}

/** Slack, Mattermost and Discord's address for Slack say `ok`; some write it as JSON, or with a full stop. */
const YES_WORD = /^"?(?:ok|okay|success|accepted)"?[.!]?$/i;
const YES: ReadonlySet<Json | undefined> = new Set(['ok', 'success', 'accepted', 'queued']);
const NO: ReadonlySet<Json | undefined> = new Set([
  'error',
  'fail',
  'failed',
  'failure',
  'denied',
  'rejected',
]);

export function sayingOf(said: Said): Saying {
  const text = said.body.trim();
  if (text === '') return 'nothing';
  if (YES_WORD.test(text)) return 'yes';
  if (isPage(said)) return 'page';
  const json = parseJsonBody({ body: text });
  return isJsonObject(json) ? sayingOfJson(json) : 'something';
}

/** Whoever says both has failed: `{"ok":true,"error":"…"}`. */
function sayingOfJson({ ok, success, status, result, error, errors }: JsonObject): Saying {
  if (ok === false || success === false || isFault(error) || isFault(errors)) return 'no';
  if (NO.has(lower(status)) || NO.has(lower(result))) return 'no';
  if (ok === true || success === true || YES.has(lower(status)) || YES.has(lower(result))) return 'yes';
  return 'something';
}

function lower(value: Json | undefined): Json | undefined {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function isFault(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== false && value !== '' && value !== 0;
}

/** Where a page says what it is: behind comments and blanks, all the same. */
const HEAD_CHARS = 4_096;
const DOCUMENT = ['<!doctype html', '<html'];
const PARTS = ['<head', '<body', '<form', '<script', '<meta', '<title'];

/**
 * A whole HTML document. A content type of text/html alone says nothing: Slack's `ok` has it, and whatever a script
 * prints under it by default.
 */
export function isPage({ body, contentType = '' }: Said): boolean {
  const head = body.trimStart().slice(0, HEAD_CHARS).toLowerCase();
  if (!head.startsWith('<')) return false;
  if (DOCUMENT.some((mark) => head.includes(mark))) return true;
  return /html/i.test(contentType) && PARTS.some((mark) => head.includes(mark));
}
