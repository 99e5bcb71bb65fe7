import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Answer, HttpHazard } from './hazards.ts';

const HTML = 'text/html;charset=utf-8';
const JSON_TYPE = 'application/json;charset=utf-8';
const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method="post"></form></body></html>';
const PADDING_PIECE = 65_536;

type Headers = Readonly<Record<string, string>>;

export function sendJson(response: ServerResponse, status: number, body: Json, headers: Headers = {}): void {
  response.writeHead(status, { 'content-type': JSON_TYPE, ...headers }).end(JSON.stringify(body));
}

function sendHtml(response: ServerResponse, status: number, page: string, headers: Headers = {}): void {
  response.writeHead(status, { 'content-type': HTML, ...headers }).end(page);
}

/** Answers with a hazard. `honest` is what the server would have said; only some hazards need it. */
export async function sendHazard(
  response: ServerResponse,
  hazard: HttpHazard,
  honest: () => Answer,
): Promise<void> {
  switch (hazard.kind) {
    case 'null_list':
      return sendJson(response, 200, withoutLists(honest(), hazard.spelled));
    case 'status': {
      const retryAfter = hazard.retryAfter === undefined ? {} : { 'retry-after': hazard.retryAfter };
      const page = hazard.page ?? `<html><body>${hazard.status}</body></html>`;
      return sendHtml(response, hazard.status, page, retryAfter);
    }
    case 'json':
      return sendJson(response, hazard.status, hazard.body);
    case 'login_page':
      return sendHtml(response, 200, LOGIN_PAGE);
    case 'redirect':
      return sendHtml(response, 302, '', { location: hazard.to ?? '/login' });
    case 'hang':
      return;
    case 'reset':
      return void response.destroy();
    case 'cut':
      return sendCut(response, JSON.stringify(honest().body));
    case 'half': {
      const text = JSON.stringify(honest().body);
      return void response.writeHead(200, { 'content-type': JSON_TYPE }).end(text.slice(0, text.length >> 1));
    }
    case 'slow_body':
      return sendSlowly(response, JSON.stringify(honest().body), hazard);
    case 'missing_rows':
      return sendJson(response, 200, withoutSome(honest(), hazard.every));
    case 'huge_body':
      return sendPadded(response, honest().body, hazard.bytes);
  }
}

function withoutLists({ body, lists }: Answer, spelled: 'null' | 'string' | 'missing'): Json {
  const value = spelled === 'null' ? null : 'null';
  if (!isJsonObject(body) || lists.length === 0) return spelled === 'missing' ? {} : value;
  const kept = Object.entries(body).filter(([key]) => spelled !== 'missing' || !lists.includes(key));
  const emptied = kept.map(([key, held]): [string, Json | undefined] => {
    if (lists.includes(key)) return [key, value];
    return [key, key === 'total' ? 0 : held];
  });
  return Object.fromEntries(emptied);
}

function withoutSome({ body, lists }: Answer, every: number): Json {
  const thinned = (rows: Json | undefined): Json | undefined =>
    Array.isArray(rows) ? rows.filter((_, place) => (place + 1) % every !== 0) : rows;
  if (!isJsonObject(body)) return thinned(body) ?? null;
  const changed: Record<string, JsonObject[string]> = {};
  for (const list of lists) changed[list] = thinned(body[list]);
  return { ...body, ...changed };
}

function sendCut(response: ServerResponse, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': String(bytes.length) });
  // Once the half is flushed: destroyed earlier, the head would be lost with it.
  response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy());
}

async function sendSlowly(
  response: ServerResponse,
  text: string,
  { pieces, pauseMs }: { readonly pieces: number; readonly pauseMs: number },
): Promise<void> {
  const size = Math.ceil(text.length / pieces);
  response.writeHead(200, { 'content-type': JSON_TYPE });
  for (let at = 0; at < text.length && !response.destroyed; at += size) {
    await pause(pauseMs, undefined, { ref: false });
    response.write(text.slice(at, at + size));
  }
  response.end();
}

/** Streamed, so that a test can ask for 200 MB without holding them. */
async function sendPadded(response: ServerResponse, body: Json, bytes: number): Promise<void> {
  const text = JSON.stringify(body);
  const isObject = isJsonObject(body);
  response.writeHead(200, { 'content-type': JSON_TYPE });
  const pieces = function* () {
    const comma = text === '{}' ? '' : ',';
    yield isObject ? `${text.slice(0, -1)}${comma}"padding":"` : text;
    const letter = isObject ? 'x' : ' ';
    for (let left = bytes; left > 0; left -= PADDING_PIECE)
      yield letter.repeat(Math.min(left, PADDING_PIECE));
    if (isObject) yield '"}';
  };
  // A client that goes away in the middle is what this hazard is for.
  await pipeline(Readable.from(pieces()), response).catch(() => response.destroy());
}
