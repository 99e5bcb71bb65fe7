import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import { type HttpResponse, parseJsonBody, parseRetryAfter } from '../../net/index.ts';
import { named } from '../sentence.ts';

/** Client errors that pass by themselves. */
const PASSING = new Set([408, 409, 423, 425, 429]);

/** What a request was for, as its sentences need it. Nothing of an answer's own text is ever repeated: it may hold a token. */
export interface Asked {
  /** The source's name. */
  readonly source: string;
  /** `a list of incidents`. */
  readonly what: string;
  /** What to do about a 401 or 403, after its status. */
  readonly mend: string;
  readonly nowMs: number;
}

/**
 * The JSON of an answer. Throws {@link SourceError} for everything else, `refused` where only a person
 * can help.
 */
function readAnswer(response: HttpResponse, asked: Asked): Json {
  const { status } = response;
  if (status === 401 || status === 403) throw refused(asked, `${asked.mend} (${status})`);
  if (status >= 500 || PASSING.has(status)) throw passing(response, asked);
  if (status >= 300 && status < 400) {
    throw refused(
      asked,
      `the identity API's address answers with a redirect (${status}): url must be the API itself, not a login page`,
    );
  }
  if (status < 200 || status >= 400) {
    throw refused(
      asked,
      `the identity API does not take a request for ${asked.what} (${status}): check url, to which the API's paths are added, and page_size`,
    );
  }
  return jsonOf(response, asked);
}

/** A list of incidents; null, the text "null" or an object is a failing back end, never "no incidents". */
export function readList(response: HttpResponse, asked: Asked): readonly Json[] {
  const body = readAnswer(response, asked);
  if (Array.isArray(body)) return body;
  throw failing(asked);
}

export function readObject(response: HttpResponse, asked: Asked): JsonObject {
  const body = readAnswer(response, asked);
  if (isJsonObject(body)) return body;
  throw failing(asked);
}

function jsonOf(response: HttpResponse, { source, what }: Asked): Json {
  const body = parseJsonBody(response);
  if (body !== undefined) return body;
  const shown = looksLikeHtml(response)
    ? 'an HTML page, perhaps a login page of a proxy,'
    : 'something that is not JSON';
  throw new SourceError(
    'unavailable',
    `${named(source)} the identity API answered ${response.status} with ${shown} instead of ${what}: check url if this goes on`,
  );
}

function passing({ status, headers }: HttpResponse, { source, what, nowMs }: Asked): SourceError {
  const words = status === 429 ? 'asks for fewer requests' : `could not give ${what}`;
  const sentence = `${named(source)} the identity API ${words} (${status}); it will be asked again`;
  return new SourceError('unavailable', sentence, parseRetryAfter(headers['retry-after'], nowMs));
}

function failing({ source, what }: Asked): SourceError {
  return new SourceError(
    'unavailable',
    `${named(source)} the identity API answered without ${what}, which means that its back end is failing; it will be asked again`,
  );
}

function refused({ source }: Asked, sentence: string): SourceError {
  return new SourceError('refused', `${named(source)} ${sentence}`);
}

function looksLikeHtml(response: HttpResponse): boolean {
  return /html/i.test(response.headers['content-type'] ?? '') || /^\s{0,100}</.test(response.body);
}
