import type { Cursor, FeedProgress, Gap as TheirGap } from '../../core/source.ts';
import { auditReachS, type Gap, type Position, type Surplus, settledS, toCursor } from './cursor.ts';
import type { Range, Stride } from './stride.ts';

/** Where the pages of a reading write down how far it has come. */
export interface Bookmark {
  cursor(): Cursor;
  /** What was given up is told once. */
  progress(): FeedProgress;
  /** Events of seconds up to here are on their way into the store. */
  handedOut(newestS: number): void;
  /**
   * A range whose rows do not add up.
   * @param pollsLeft of a gap that was known before
   * @param unusable rows of it that were found to be no event
   */
  addGap(range: Range, problem: string, pollsLeft?: number, unusable?: number): void;
}

const MOST_GAPS = 20;
const GAP_POLLS = 10;
const MOST_LOST = 50;
/** So many seconds with rows that become no event, and the books are closed: the audit alone decides. */
export const MOST_SURPLUS = 200;

/** The bookmark of the polls: their cursor in the making. */
export class PollBookmark implements Bookmark {
  readonly #lateBeforeS: number | undefined;
  readonly #lateArrivalS: number;
  #position: Position;
  #told: Position;
  #givenUp: TheirGap[] = [];

  constructor(position: Position, lateArrivalS: number) {
    this.#position = position;
    this.#told = position;
    this.#lateArrivalS = lateArrivalS;
    this.#lateBeforeS = position.highWaterS > position.floorS ? position.highWaterS : undefined;
  }

  get position(): Position {
    return this.#position;
  }

  /** Something has changed since the cursor was taken last. */
  isUntold(): boolean {
    return this.#told !== this.#position || this.#givenUp.length > 0;
  }

  cursor(): Cursor {
    this.#told = this.#position;
    return toCursor(this.#position);
  }

  progress(): FeedProgress {
    const { readS, gaps } = this.#position;
    const givenUp = this.#givenUp;
    this.#givenUp = [];
    return {
      readToMs: readS * 1_000 + 999,
      gaps: gaps.map((found) => inMs(found, found.problem)),
      ...(this.#lateBeforeS === undefined ? {} : { lateBeforeMs: this.#lateBeforeS * 1_000 }),
      ...(givenUp.length === 0 ? {} : { givenUp }),
    };
  }

  handedOut(newestS: number): void {
    if (newestS > this.#position.newestS) this.#set({ newestS });
  }

  /** The walk over news has read this range, which follows on what it read before. */
  advance(read: Stride): void {
    const nextS = read.toS + 1;
    const { readS } = this.#position;
    this.#set({ walk: { nextS, before: read.counted }, readS: Math.max(readS, read.toS) });
    this.#rise(nextS, read.askedS);
    this.audited(read, read.askedS);
  }

  /** Everything that is new has been read, with this range the last part of it. */
  caughtUp(read: Range, highestS: number, askedS: number): void {
    this.#set({ walk: undefined, readS: askedS });
    this.#rise(highestS, askedS);
    this.audited(read, askedS);
  }

  /** Everything of this range has been read: counts as read again for what had settled when it was asked for. */
  audited({ fromS, toS }: Range, askedS: number): void {
    const { auditS, highWaterS, surplus, lost } = this.#position;
    if (auditS < fromS) return;
    const reachedS = Math.min(toS, settledS(askedS, this.#lateArrivalS), highWaterS) + 1;
    if (reachedS <= auditS) return;
    this.#set({
      auditS: reachedS,
      surplus: surplus.filter(([second]) => second >= reachedS),
      lost: lost.filter(([, last]) => last >= reachedS),
    });
  }

  setSurplus({ fromS, toS }: Range, found: readonly Surplus[]): void {
    const { surplus } = this.#position;
    const others = surplus.filter(([second]) => second < fromS || second > toS);
    if (others.length === surplus.length && found.length === 0) return;
    this.#set({ surplus: [...others, ...found].sort(([a], [b]) => a - b).slice(-MOST_SURPLUS) });
  }

  addGap({ fromS, toS }: Range, problem: string, pollsLeft?: number, unusable = 0): void {
    if (this.#isLost({ fromS, toS })) return;
    // A second look at what is asked for anyway.
    if (pollsLeft === undefined && this.hasGap({ fromS, toS })) return;
    const gap = { fromS, toS, pollsLeft: pollsLeft ?? GAP_POLLS, problem };
    if (gap.pollsLeft <= 0) this.giveUp({ fromS, toS }, problem);
    else this.#set({ gaps: [...this.#position.gaps, unusable > 0 ? { ...gap, unusable } : gap] });
    const { gaps } = this.#position;
    this.#set({ gaps: gaps.slice(-MOST_GAPS) });
    for (const lost of gaps.slice(0, -MOST_GAPS))
      this.giveUp(lost, `${lost.problem}, and there are too many gaps`);
  }

  /** A known gap has been asked for once more; what is still missing of it was added anew. */
  dropGap(gap: Gap): void {
    this.#set({ gaps: this.#position.gaps.filter((each) => each !== gap) });
  }

  /** All of the range will be asked for again. */
  hasGap({ fromS, toS }: Range): boolean {
    return this.#position.gaps.some((each) => each.fromS <= fromS && toS <= each.toS);
  }

  giveUp({ fromS, toS }: Range, problem: string): void {
    this.#givenUp.push(inMs({ fromS, toS }, problem));
    this.#set({ lost: [...this.#position.lost, [fromS, toS] as const].slice(-MOST_LOST) });
  }

  /** Ids that far behind the newest event may be forgotten: reading there again could show events as new. */
  giveUpBeyondReach(): void {
    const { newestS, auditS, gaps, highWaterS } = this.#position;
    // What was never read is read, however long ago.
    const oldestS = Math.min(highWaterS + 1, newestS - auditReachS(this.#lateArrivalS));
    for (const lost of gaps.filter(({ fromS }) => fromS < oldestS)) {
      this.dropGap(lost);
      this.giveUp(lost, `${lost.problem}, and it is too long ago to be asked for again`);
    }
    if (auditS >= oldestS) return;
    this.giveUp(
      { fromS: auditS, toS: oldestS - 1 },
      'the feed was read once, and there was no time to look for late events before it was too long ago',
    );
    this.#set({ auditS: oldestS });
  }

  #isLost({ fromS, toS }: Range): boolean {
    return this.#position.lost.some(([first, last]) => first <= fromS && toS <= last);
  }

  #rise(second: number, nowS: number): void {
    this.#set({ highWaterS: Math.max(this.#position.highWaterS, Math.min(second, nowS)) });
  }

  #set(changes: { [Key in keyof Position]?: Position[Key] }): void {
    this.#position = { ...this.#position, ...changes };
  }
}

export function inMs({ fromS, toS }: Range, problem: string): TheirGap {
  return { fromMs: fromS * 1_000, toMs: toS * 1_000 + 999, problem };
}
