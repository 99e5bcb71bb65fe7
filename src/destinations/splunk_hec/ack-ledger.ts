import { createHash } from 'node:crypto';
import type { DestinationMemory } from '../../core/delivery.ts';
import { isJsonObject, readJson } from '../../core/json.ts';
import type { Channel } from './channel.ts';

/** A request that Splunk received and may not have indexed yet. */
export interface SentRequest {
  readonly channel: Channel;
  readonly ackId: number;
  /** Brings the question to where the request went; empty where there is none. */
  readonly cookie: string;
  readonly sentMs: number;
  /** The deliveries in it, each by {@link markOf}. */
  readonly marks: readonly string[];
}

/** What is known of a delivery that was sent before. */
type Known = { readonly state: 'indexed' } | { readonly state: 'waiting'; readonly request: SentRequest };

/**
 * Which requests wait for their acknowledgement and which came to theirs, for the newest of them. It outlives the
 * process, so that a start asks before it sends again, and what was acknowledged just before a crash is known.
 */
export interface AckLedger {
  /** Throws {@link StoreError} where nobody can tell: sending now could index twice. */
  read(): Promise<(deliveryId: string) => Known | undefined>;
  sent(request: SentRequest): Promise<void>;
  indexed(request: SentRequest): Promise<void>;
  /** Nobody waits for it any more: what it held is sent again. */
  forget(request: SentRequest): Promise<void>;
}

/** What falls out is sent again under its id, if a restart comes just then. */
const SLOTS = 256;
const MAX_MARKS = 5_000;
const MAX_COOKIE = 4_000;

/** Ids may be long, and an attacker's; this many bits are nobody's by chance. */
export function markOf(deliveryId: string): string {
  return createHash('sha256').update(deliveryId).digest('base64url').slice(0, 20);
}

interface Entry {
  readonly request: SentRequest;
  readonly indexed: boolean;
}

export function createAckLedger(memory: DestinationMemory | undefined): AckLedger {
  const slots: (Entry | undefined)[] = [];
  const slotOf = new Map<string, number>();
  let next = 0;
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    for (let slot = 0; memory !== undefined && slot < SLOTS; slot += 1) {
      const entry = toEntry(await memory.get(keyOf(slot)));
      if (entry !== undefined) put(slot, entry);
    }
    next = slotAfterNewest(slots);
  }

  function put(slot: number, entry: Entry | undefined): void {
    for (const mark of slots[slot]?.request.marks ?? []) if (slotOf.get(mark) === slot) slotOf.delete(mark);
    slots[slot] = entry;
    for (const mark of entry?.request.marks ?? []) slotOf.set(mark, slot);
  }

  async function write(slot: number, entry: Entry | undefined): Promise<void> {
    put(slot, entry);
    try {
      await memory?.set(keyOf(slot), entry === undefined ? 'null' : toText(entry));
    } catch {
      // The deliveries' own rows go to the same store next, and whoever writes them says what is wrong there.
    }
  }

  const rewrite = async (request: SentRequest, entry: Entry | undefined): Promise<void> => {
    const slot = slots.findIndex((each) => each?.request === request);
    if (slot !== -1) await write(slot, entry);
  };

  return {
    read: async () => {
      loading ??= load();
      await loading.catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return (deliveryId) => known(slots[slotOf.get(markOf(deliveryId)) ?? -1]);
    },
    sent: async (request) => {
      const slot = next;
      next = (next + 1) % SLOTS;
      await write(slot, { request, indexed: false });
    },
    indexed: (request) => rewrite(request, { request, indexed: true }),
    forget: (request) => rewrite(request, undefined),
  };
}

function known(entry: Entry | undefined): Known | undefined {
  if (entry === undefined) return undefined;
  return entry.indexed ? { state: 'indexed' } : { state: 'waiting', request: entry.request };
}

function keyOf(slot: number): string {
  return `acks/${slot}`;
}

function slotAfterNewest(slots: readonly (Entry | undefined)[]): number {
  const times = Array.from({ length: SLOTS }, (_, slot) => slots[slot]?.request.sentMs ?? 0);
  const newest = times.reduce((best, ms, slot) => (ms > (times[best] ?? 0) ? slot : best), 0);
  return slots[newest] === undefined ? 0 : (newest + 1) % SLOTS;
}

function toText({ request, indexed }: Entry): string {
  const { channel, ackId, cookie, sentMs, marks } = request;
  const kept = cookie.length > MAX_COOKIE ? '' : cookie;
  return JSON.stringify({ channel: channel.id, ackId, cookie: kept, sentMs, marks, indexed });
}

function toEntry(text: string | undefined): Entry | undefined {
  const value = readJson(text);
  if (!isJsonObject(value)) return undefined;
  const { channel, ackId, cookie, sentMs, marks, indexed } = value;
  if (typeof channel !== 'string' || typeof ackId !== 'number' || typeof cookie !== 'string')
    return undefined;
  if (typeof sentMs !== 'number' || !Array.isArray(marks) || typeof indexed !== 'boolean') return undefined;
  const texts = marks.filter((mark) => typeof mark === 'string').slice(0, MAX_MARKS);
  // Nobody sends on an earlier process's channel any more: what Splunk says of it cannot be of another request.
  const old: Channel = { id: channel, trusted: true };
  return { request: { channel: old, ackId, cookie, sentMs, marks: texts }, indexed };
}
