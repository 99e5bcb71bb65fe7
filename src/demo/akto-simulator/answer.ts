import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '../../core/json.ts';
import type { FeedQuery } from './feed.ts';
import type { Hazard } from './hazards.ts';

const HTML = 'text/html;charset=utf-8';
const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method="post"></form></body></html>';

/** What the server echoes around the rows: the string `"null"` wherever it has no value. */
export function feedAnswer(body: JsonObject, query: FeedQuery, list: JsonObject): JsonObject {
  return {
    severity: body['severity'] ?? 'null',
    total: 0,
    urls: body['urls'] ?? 'null',
    subCategory: body['subCategory'] ?? 'null',
    types: body['types'] ?? 'null',
    sampleData: 'null',
    ...list,
    limit: query.limit,
    skip: query.skip,
    sort: body['sort'] ?? 'null',
    endTimestamp: query.toS,
    startTimestamp: query.fromS,
  };
}

export function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json;charset=utf-8' }).end(JSON.stringify(body));
}

function nullList(spelled: 'null' | 'string' | 'missing'): JsonObject {
  if (spelled === 'missing') return {};
  return { maliciousEvents: spelled === 'null' ? null : 'null' };
}

async function sendSlowly(
  response: ServerResponse,
  text: string,
  pieces: number,
  pauseMs: number,
): Promise<void> {
  const size = Math.ceil(text.length / pieces);
  response.writeHead(200, { 'content-type': 'application/json;charset=utf-8' });
  for (let at = 0; at < text.length && !response.destroyed; at += size) {
    await pause(pauseMs, undefined, { ref: false });
    response.write(text.slice(at, at + size));
  }
  response.end();
}

function sendHalf(response: ServerResponse, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(200, {
    'content-type': 'application/json;charset=utf-8',
    'content-length': String(bytes.length),
  });
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy());
}

function withoutSome(answer: JsonObject, every: number): JsonObject {
  const rows = answer['maliciousEvents'];
  if (!Array.isArray(rows)) return answer;
  return { ...answer, maliciousEvents: rows.filter((_, place) => (place + 1) % every !== 0) };
}

/** Answers with a hazard. `honest` is what the feed would have said; `empty` the same without its list. */
export async function sendHazard(
  response: ServerResponse,
  hazard: Hazard,
  honest: () => JsonObject,
  empty: JsonObject,
): Promise<void> {
  const html = (status: number, page: string, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': HTML, ...headers }).end(page);
  switch (hazard.kind) {
    case 'null_list':
      return sendJson(response, 200, { ...empty, ...nullList(hazard.spelled) });
    case 'forbidden':
      return void html(403, hazard.body === 'empty' ? '' : '<html><body>Forbidden</body></html>');
    case 'no_right':
      return sendJson(response, 403, {
        actionErrors: [hazard.text ?? 'You do not have the THREAT_DETECTION access'],
      });
    case 'exception':
      return sendJson(response, 422, { actionErrors: ['Error occurred while fetching malicious events'] });
    case 'status': {
      const retryAfter = hazard.retryAfter === undefined ? {} : { 'retry-after': hazard.retryAfter };
      return void html(hazard.status, `<html><body>${hazard.status}</body></html>`, retryAfter);
    }
    case 'login_page':
      return void html(200, LOGIN_PAGE);
    case 'redirect':
      return void html(302, '', { location: hazard.to ?? '/login' });
    case 'hang':
      return;
    case 'reset':
      return void response.destroy();
    case 'cut':
      return sendHalf(response, JSON.stringify(honest()));
    case 'slow_body':
      return sendSlowly(response, JSON.stringify(honest()), hazard.pieces, hazard.pauseMs);
    case 'missing_rows':
      return sendJson(response, 200, withoutSome(honest(), hazard.every));
    case 'huge_body':
      return sendJson(response, 200, { ...honest(), sampleData: 'x'.repeat(hazard.bytes) });
  }
}
