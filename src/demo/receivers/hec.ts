import { gunzipSync } from 'node:zlib';
import { systemClock } from '../../core/clock.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { createAckLedger } from './hec-acks.ts';
import { readJsonSequence } from './json-sequence.ts';
import {
  keep,
  type ReceivedRequest,
  type Receiver,
  type ReceiverOptions,
  type Reply,
  startReceiver,
} from './server.ts';

export interface HecReceiverOptions extends ReceiverOptions {
  readonly token?: string;
  /** A token that exists and is switched off: code 1. */
  readonly tokenDisabled?: boolean;
  /** Indexer acknowledgement: the channel is required, answers carry `ackId`. */
  readonly acknowledge?: boolean;
  /** How long after its request an ack turns true. Default 0. */
  readonly ackDelayMs?: number;
  /** True where a request is answered 200 and then lost before it is indexed: its ack stays false. */
  readonly loses?: (requestNumber: number) => boolean;
  /** Of the uncompressed body; 413 above. Default 5,000,000. */
  readonly maxBodyBytes?: number;
  /** Others are refused with code 7. Default: every index is allowed. */
  readonly indexes?: readonly string[];
  /** Poison: refused with code 6 wherever it stands; what stands before it is indexed. */
  readonly rejects?: (envelope: JsonObject) => boolean;
  /** The code with which an event is rejected: those before it in its request are indexed, those after it are not. */
  readonly poison?: (event: JsonObject) => 6 | 12 | 13 | 15 | undefined;
  readonly onEvent?: (event: HecEvent) => void;
}

/** One indexed event: the envelope as it came. */
export interface HecEvent {
  readonly event: Json;
  /** Epoch seconds. */
  readonly time?: number;
  readonly envelope: JsonObject;
  readonly receivedAtMs: number;
}

export interface HecReceiver extends Receiver {
  /** The base address, to which a sender adds `/services/collector`. */
  readonly url: string;
  readonly token: string;
  /** Every indexed event, duplicates too: Splunk indexes what it is sent. */
  readonly events: readonly HecEvent[];
  /** `tocsin_id` → how often it was indexed. */
  readonly counts: ReadonlyMap<string, number>;
}

const DEFAULT_TOKEN = '00000000-0000-4000-8000-000000000000';
const ENVELOPE = new Set(['event', 'time', 'host', 'source', 'sourcetype', 'index', 'fields']);
const EVENT_PATHS = new Set(['', '/event', '/event/1.0'].map((path) => `/services/collector${path}`));
const HEALTH_PATHS = new Set(['/health', '/health/1.0'].map((path) => `/services/collector${path}`));

function reply(status: number, code: number, text: string, more: JsonObject = {}): Reply {
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  return { status, headers, body: JSON.stringify({ text, code, ...more }) };
}

/** A stand-in for Splunk's HTTP Event Collector, with its codes, its partial acceptance and its acks. */
export async function startHecReceiver(options: HecReceiverOptions = {}): Promise<HecReceiver> {
  const token = options.token ?? DEFAULT_TOKEN;
  const events: HecEvent[] = [];
  const counts = new Map<string, number>();
  const clock = options.clock ?? systemClock;
  const acks = createAckLedger(options.ackDelayMs ?? 0, () => clock.now());
  const index = (event: HecEvent): void => {
    keep(events, event);
    const id = isJsonObject(event.event) ? event.event['tocsin_id'] : undefined;
    if (typeof id === 'string') counts.set(id, (counts.get(id) ?? 0) + 1);
    options.onEvent?.(event);
  };
  const collect = (request: ReceivedRequest): Reply => {
    const channel = channelOf(request);
    const channelFault = options.acknowledge === true ? checkChannel(channel) : undefined;
    if (channelFault !== undefined) return channelFault;
    const taken: HecEvent[] = [];
    const refusal = takeEvents(request, options, (event) => taken.push(event));
    // What is lost is what was answered with success.
    const lost = refusal === undefined && options.loses?.(request.number) === true;
    if (!lost) taken.forEach(index);
    if (refusal !== undefined) return refusal;
    if (options.acknowledge !== true) return reply(200, 0, 'Success');
    return reply(200, 0, 'Success', { ackId: acks.issue(channel, lost) });
  };
  const receiver = await startReceiver(options, (request) => {
    if (HEALTH_PATHS.has(request.path)) return reply(200, 17, 'HEC is healthy');
    const isAck = request.path === '/services/collector/ack';
    if (!isAck && !EVENT_PATHS.has(request.path))
      return reply(404, 404, 'The requested URL was not found on this server.');
    if (request.method !== 'POST') return reply(405, 405, 'The requested method is not allowed.');
    const refusal = checkToken(request.headers['authorization'], token, options.tokenDisabled === true);
    if (refusal !== undefined) return refusal;
    if (!isAck) return collect(request);
    if (options.acknowledge !== true) return reply(400, 14, 'ACK is disabled');
    return checkChannel(channelOf(request)) ?? acks.answer(channelOf(request), request.body.toString('utf8'));
  });
  return { ...receiver, url: receiver.origin, token, events, counts };
}

function checkToken(authorization: string | undefined, token: string, disabled: boolean): Reply | undefined {
  if (authorization === undefined || authorization === '') return reply(401, 2, 'Token is required');
  const [scheme, given, ...rest] = authorization.split(' ');
  if (scheme !== 'Splunk' || given === undefined || given === '' || rest.length > 0) {
    return reply(401, 3, 'Invalid authorization');
  }
  if (given !== token) return reply(403, 4, 'Invalid token');
  return disabled ? reply(403, 1, 'Token disabled') : undefined;
}

function channelOf(request: ReceivedRequest): string {
  return request.headers['x-splunk-request-channel'] ?? request.query.get('channel') ?? '';
}

function checkChannel(channel: string): Reply | undefined {
  if (channel === '') return reply(400, 10, 'Data channel is missing');
  const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  return guid.test(channel) ? undefined : reply(400, 11, 'Invalid data channel');
}

/** Indexes up to the first fault; gives the answer that names it. */
function takeEvents(
  request: ReceivedRequest,
  options: HecReceiverOptions,
  index: (event: HecEvent) => void,
): Reply | undefined {
  const text = bodyText(request);
  if (text === undefined) return reply(400, 6, 'Invalid data format', { 'invalid-event-number': 0 });
  if (Buffer.byteLength(text) > (options.maxBodyBytes ?? 5_000_000))
    return reply(413, 6, 'Request entity too large');
  if (text.trim() === '') return reply(400, 5, 'No data');
  let number = 0;
  for (const envelope of readJsonSequence(text)) {
    const refusal = checkEnvelope(envelope, number, options);
    if (refusal !== undefined) return refusal;
    if (envelope !== undefined && options.rejects?.(envelope) === true)
      return reply(400, 6, 'Invalid data format', { 'invalid-event-number': number });
    // Splunk's own habit: an unknown key ends the reading, and the answer is success.
    if (envelope === undefined || !Object.keys(envelope).every((key) => ENVELOPE.has(key))) return undefined;
    index(asEvent(envelope, request.receivedAtMs));
    number += 1;
  }
  return undefined;
}

function bodyText(request: ReceivedRequest): string | undefined {
  if (request.headers['content-encoding'] !== 'gzip') return request.body.toString('utf8');
  try {
    return gunzipSync(request.body, { maxOutputLength: 64 * 1_048_576 }).toString('utf8');
  } catch {
    return undefined;
  }
}

const POISONED = {
  6: 'Invalid data format',
  12: 'Event field is required',
  13: 'Event field cannot be blank',
  15: 'Error in handling indexed fields',
} as const;

function checkEnvelope(
  envelope: JsonObject | undefined,
  number: number,
  { indexes, poison }: HecReceiverOptions,
): Reply | undefined {
  const refused = (code: number, text: string, at = number): Reply =>
    reply(400, code, text, { 'invalid-event-number': at });
  if (envelope === undefined) return refused(6, POISONED[6]);
  const { event, fields, index } = envelope;
  if (event === undefined) return refused(12, POISONED[12]);
  if (event === null || event === '') return refused(13, POISONED[13]);
  if (fields !== undefined && !fieldsAreFlat(fields)) return refused(15, POISONED[15]);
  const code = poison?.(envelope);
  if (code !== undefined) return refused(code, POISONED[code]);
  // Splunk names the object after the one with the bad index.
  if (indexes !== undefined && !indexes.includes(String(index ?? 'main')))
    return refused(7, 'Incorrect index', number + 1);
  return undefined;
}

function fieldsAreFlat(fields: Json): boolean {
  const isScalar = (value: Json | undefined): boolean => typeof value !== 'object';
  const isFlat = (value: Json | undefined): boolean =>
    Array.isArray(value) ? value.every(isScalar) : isScalar(value);
  return isJsonObject(fields) && Object.values(fields).every(isFlat);
}

function asEvent(envelope: JsonObject, receivedAtMs: number): HecEvent {
  const time = Number(envelope['time'] ?? Number.NaN);
  return {
    event: envelope['event'] ?? null,
    envelope,
    receivedAtMs,
    ...(Number.isFinite(time) ? { time } : {}),
  };
}
