import type { DestinationMemory } from '../../core/delivery.ts';
import { isJsonObject, type Json, readJson } from '../../core/json.ts';

/** The one message of a group. */
export interface Thread {
  /** Id, whatever the configuration calls it. */
  readonly channel: string;
  /** Slack's name of a message in its channel. */
  readonly ts: string;
  /** The notification that it was posted for. */
  readonly root: string;
  /** Of the newest notification that it shows. */
  readonly sequence: number;
}

/**
 * How far a message has come: `trying` since a time of ours (ms), so it may stand in the channel though we were never
 * told; or `posted`.
 */
export type Posting = { readonly state: 'trying'; readonly atMs: number } | { readonly state: 'posted' };

/** What is remembered of a channel, in words. */
export interface Notebook {
  thread(group: string): Promise<Thread | undefined>;
  writeThread(group: string, thread: Thread): Promise<void>;
  posting(id: string): Promise<Posting | undefined>;
  /** Undefined: it does not stand there. */
  writePosting(id: string, posting: Posting | undefined): Promise<void>;
  /** The channel's id; undefined while Slack has not told it. */
  channelId(): Promise<string | undefined>;
  writeChannelId(id: string): Promise<void>;
}

/** @param channel as configured: another channel has another history */
export function createNotebook(memory: DestinationMemory | undefined, channel: string): Notebook {
  const pages = createPages(memory);
  const read = (kind: string, key: string): Promise<Json | undefined> =>
    pages.get(`${kind}/${channel}/${key}`);
  const write = (kind: string, key: string, value: Json): Promise<void> =>
    pages.set(`${kind}/${channel}/${key}`, value);
  return {
    thread: async (group) => toThread(await read('thread', group)),
    writeThread: (group, thread) => write('thread', group, { ...thread }),
    posting: async (id) => toPosting(await read('posting', id)),
    writePosting: (id, posting) => write('posting', id, posting === undefined ? null : { ...posting }),
    channelId: async () => {
      const id = channel.startsWith('#') ? await read('channel', '') : channel;
      return typeof id === 'string' ? id : undefined;
    },
    writeChannelId: (id) => (channel.startsWith('#') ? write('channel', '', id) : Promise.resolve()),
  };
}

function toThread(value: Json | undefined): Thread | undefined {
  if (!isJsonObject(value)) return undefined;
  const { channel, ts, root, sequence } = value;
  if (typeof channel !== 'string' || typeof ts !== 'string') return undefined;
  if (typeof root !== 'string' || typeof sequence !== 'number') return undefined;
  return { channel, ts, root, sequence };
}

function toPosting(value: Json | undefined): Posting | undefined {
  if (!isJsonObject(value)) return undefined;
  if (value['state'] === 'posted') return { state: 'posted' };
  return typeof value['atMs'] === 'number' ? { state: 'trying', atMs: value['atMs'] } : undefined;
}

/** Pages that the store did not take are few, and the newest matter. */
const MAX_UNSAVED = 1_000;

/**
 * JSON by key. What the store does not take is kept in the process: a message that was posted is posted, and failing
 * its delivery now would post it twice.
 */
function createPages(memory: DestinationMemory | undefined) {
  const unsaved = new Map<string, Json>();
  async function get(key: string): Promise<Json | undefined> {
    const kept = unsaved.get(key);
    if (kept !== undefined) return kept;
    return readJson(await memory?.get(key));
  }
  async function set(key: string, value: Json): Promise<void> {
    unsaved.delete(key);
    unsaved.set(key, value);
    const [oldest] = unsaved.keys();
    if (unsaved.size > MAX_UNSAVED && oldest !== undefined) unsaved.delete(oldest);
    if (memory === undefined) return;
    try {
      await memory.set(key, JSON.stringify(value));
      if (unsaved.get(key) === value) unsaved.delete(key);
    } catch {
      // The delivery's own row goes to the same store next, and whoever writes it says what is wrong there.
    }
  }
  return { get, set };
}
