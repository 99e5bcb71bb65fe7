import { isJsonObject, type Json } from '../../core/json.ts';
import type { Reply } from './server.ts';

interface Ack {
  readonly dueAtMs: number;
}

/** The pending acknowledgements of every channel. */
export interface AckLedger {
  /** The next id of the channel, from 0; that of a lost request never comes true. */
  issue(channel: string, lost: boolean): number;
  /** Answers `{"acks":[0,1]}`. True is told once and then forgotten, as Splunk does. */
  answer(channel: string, body: string): Reply;
}

export function createAckLedger(delayMs: number, now: () => number): AckLedger {
  const channels = new Map<string, { next: number; pending: Map<number, Ack> }>();
  const channelOf = (name: string) => {
    const channel = channels.get(name) ?? { next: 0, pending: new Map<number, Ack>() };
    channels.set(name, channel);
    return channel;
  };
  return {
    issue(name, lost) {
      const channel = channelOf(name);
      const id = channel.next;
      channel.next += 1;
      if (!lost) channel.pending.set(id, { dueAtMs: now() + delayMs });
      return id;
    },
    answer(name, body) {
      const { pending } = channelOf(name);
      const acks = requestedIds(body).map((id) => {
        const done = (pending.get(id)?.dueAtMs ?? Number.POSITIVE_INFINITY) <= now();
        if (done) pending.delete(id);
        return [String(id), done] as const;
      });
      return {
        status: 200,
        headers: { 'content-type': 'application/json; charset=UTF-8' },
        body: JSON.stringify({ acks: Object.fromEntries(acks) }),
      };
    },
  };
}

function requestedIds(body: string): number[] {
  let parsed: Json;
  try {
    parsed = JSON.parse(body);
  } catch {
    return [];
  }
  const acks = isJsonObject(parsed) ? parsed['acks'] : undefined;
  return Array.isArray(acks) ? acks.filter((id) => typeof id === 'number') : [];
}
