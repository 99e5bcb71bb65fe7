import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import { SourceError } from '../../core/source.ts';
import { type HttpResponse, parseJsonBody, parseRetryAfter } from '../../net/index.ts';
import { named } from '../sentence.ts';

export { named } from '../sentence.ts';

const RENEW_KEY = 'make a new one under Settings > Integrations > Akto APIs and set it as api_key';
/** Client errors that pass by themselves. */
const PASSING = new Set([408, 409, 422, 423, 425, 429]);
const QUOTED_CHARS = 200;

/**
 * The JSON of an answer. Throws {@link SourceError} for everything else, `refused` where only
 * a person can help.
 * @param source the source's name, which begins every sentence
 * @param apiKey what a server may say back to us, and no sentence may repeat
 */
export function readAnswer(response: HttpResponse, source: string, nowMs: number, apiKey: Secret): Json {
  const { status } = response;
  if (status === 401 || status === 403) throw forbidden(response, source, apiKey);
  if (status >= 500 || PASSING.has(status)) throw passing(response, source, nowMs, apiKey);
  if (status >= 300 && status < 400) {
    throw refused(
      source,
      `Akto's address answers with a redirect (${status}): url must be Akto itself, not a login page`,
    );
  }
  if (status < 200 || status >= 400) {
    throw refused(
      source,
      `Akto does not know the request (${status}): check that url is Akto's address without a path`,
    );
  }
  return jsonOf(response, source);
}

function jsonOf(response: HttpResponse, source: string): Json {
  const body = parseJsonBody(response);
  if (body !== undefined) return body;
  const what = looksLikeHtml(response)
    ? 'an HTML page, perhaps a login page of a proxy,'
    : 'something that is not JSON';
  throw new SourceError(
    'unavailable',
    `${named(source)} Akto answered ${response.status} with ${what} instead of data: check url if this goes on`,
  );
}

/** The events and what the server counts, or `unavailable`: a null list is a failing back end, never "no events". */
export function readEventList(body: JsonObject, source: string): { rows: readonly Json[]; total: number } {
  const rows = body['maliciousEvents'];
  if (!Array.isArray(rows)) {
    throw new SourceError(
      'unavailable',
      `${named(source)} Akto answered without a list of events, which means that its back end is failing; it will be asked again`,
    );
  }
  const total = body['total'];
  return { rows, total: typeof total === 'number' && total > 0 ? total : 0 };
}

function forbidden(response: HttpResponse, source: string, apiKey: Secret): SourceError {
  const said = actionErrors(response, apiKey);
  if (said === '') return refused(source, `Akto refused the API key (${response.status}): ${RENEW_KEY}`);
  return refused(
    source,
    `the API key may not read this feed (${response.status}): ${said}; give its owner the right, or check the plan`,
  );
}

function passing(response: HttpResponse, source: string, nowMs: number, apiKey: Secret): SourceError {
  const said = actionErrors(response, apiKey);
  const detail = said === '' ? '' : `: ${said}`;
  const retryAfterMs = parseRetryAfter(response.headers['retry-after'], nowMs);
  const words = response.status === 429 ? 'asks for fewer requests' : 'could not answer';
  const sentence = `${named(source)} Akto ${words} (${response.status})${detail}; it will be asked again`;
  return new SourceError('unavailable', sentence, retryAfterMs);
}

function refused(source: string, sentence: string): SourceError {
  return new SourceError('refused', `${named(source)} ${sentence}`);
}

/** What the server says of its own accord, fit for one line of a log; '' where it says nothing. */
function actionErrors(response: HttpResponse, apiKey: Secret): string {
  const body = parseJsonBody(response);
  const errors = isJsonObject(body) ? body['actionErrors'] : undefined;
  if (!Array.isArray(errors)) return '';
  const texts = errors.filter((error) => typeof error === 'string');
  const line = texts
    .join('; ')
    // Of what was decoded, and before it is cut: JSON writers escape what stands in keys, and half a key is one too.
    .replaceAll(apiKey.reveal(), '[secret]')
    .slice(0, QUOTED_CHARS)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.trim() === '' ? '' : `"${line.trim()}"`;
}

function looksLikeHtml(response: HttpResponse): boolean {
  return /html/i.test(response.headers['content-type'] ?? '') || /^\s{0,100}</.test(response.body);
}
