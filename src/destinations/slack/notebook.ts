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
  /** Of the newest notification that it shows, of a later opening too where that goes on in it. */
  readonly sequence: number;
}

/** A message that an opening may have, from before it is sent. */
export interface Attempt {
  /** Of the notification. */
  readonly id: string;
  readonly atMs: number;
}

/** The end of an opening that nobody was told of. */
export interface UnheardEnd {
  /** Of the notification. */
  readonly number: number;
  readonly atMs: number;
}

/**
 * How far a message has come: `trying` since a time of ours (ms), so it may stand in the channel though we were never
 * told; or `posted`.
 */
export type Posting = { readonly state: 'trying'; readonly atMs: number } | { readonly state: 'posted' };

/** What is remembered of a channel, in words. */
export interface Notebook {
  /** @param opening `alert/GROUP/OPENING` */
  thread(opening: string): Promise<Thread | undefined>;
  writeThread(opening: string, thread: Thread): Promise<void>;
  attempt(opening: string): Promise<Attempt | undefined>;
  writeAttempt(opening: string, attempt: Attempt): Promise<void>;
  unheardEnd(opening: string): Promise<UnheardEnd | undefined>;
  writeUnheardEnd(opening: string, end: UnheardEnd): Promise<void>;
  /** The notebook of the channel that an opening was told in, where the configuration named another one then. */
  elsewhere(opening: string): Promise<Notebook | undefined>;
  posting(id: string): Promise<Posting | undefined>;
  /** Undefined: it does not stand there. */
  writePosting(id: string, posting: Posting | undefined): Promise<void>;
  /** The channel's id; undefined while Slack has not told it. */
  channelId(): Promise<string | undefined>;
  writeChannelId(id: string): Promise<void>;
}

/** @param channel as configured: another channel has another history */
export function createNotebook(memory: DestinationMemory | undefined, channel: string): Notebook {
  return notebookOf(channel, createPages(memory));
}

function notebookOf(channel: string, pages: Pages): Notebook {
  const read = (kind: string, key: string): Promise<Json | undefined> =>
    pages.get(`${kind}/${channel}/${key}`);
  const write = (kind: string, key: string, value: Json): Promise<void> =>
    pages.set(`${kind}/${channel}/${key}`, value);
  return {
    thread: async (opening) => toThread(await read('thread', opening)),
    writeThread: (opening, thread) => write('thread', opening, { ...thread }),
    attempt: async (opening) => toAttempt(await read('attempt', opening)),
    writeAttempt: async (opening, attempt) => {
      await pages.set(`channel/${opening}`, channel);
      await write('attempt', opening, { ...attempt });
    },
    unheardEnd: async (opening) => toUnheardEnd(await read('unheard', opening)),
    writeUnheardEnd: (opening, end) => write('unheard', opening, { ...end }),
    elsewhere: async (opening) => {
      const place = await pages.get(`channel/${opening}`);
      return typeof place === 'string' && place !== channel ? notebookOf(place, pages) : undefined;
    },
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

function toAttempt(value: Json | undefined): Attempt | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, atMs } = value;
  return typeof id === 'string' && typeof atMs === 'number' ? { id, atMs } : undefined;
}

function toUnheardEnd(value: Json | undefined): UnheardEnd | undefined {
  if (!isJsonObject(value)) return undefined;
  const { number, atMs } = value;
  return typeof number === 'number' && typeof atMs === 'number' ? { number, atMs } : undefined;
}

function toPosting(value: Json | undefined): Posting | undefined {
  if (!isJsonObject(value)) return undefined;
  if (value['state'] === 'posted') return { state: 'posted' };
  return typeof value['atMs'] === 'number' ? { state: 'trying', atMs: value['atMs'] } : undefined;
}

/** Pages that the store did not take are few, and the newest matter. */
const MAX_UNSAVED = 1_000;

interface Pages {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): Promise<void>;
}

/**
 * JSON by key. What the store does not take is kept in the process: a message that was posted is posted, and failing
 * its delivery now would post it twice.
 */
function createPages(memory: DestinationMemory | undefined): Pages {
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
