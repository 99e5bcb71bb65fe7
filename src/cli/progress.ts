import { Writable } from 'node:stream';
import { SingleBar } from 'cli-progress';
import { printable } from '../core/excerpt.ts';
import type { Io } from './io.ts';

/** Long work as it goes on: a bar on a terminal, nothing in a pipe but the lines that are told. */
export interface Progress {
  /** A piece of the work begins, and with it a bar. */
  begin(): void;
  /** @param share of the piece that is done, 0 to 1 @param count of what was handled since it began */
  update(share: number, count: number): void;
  /** The bar stays as it is. */
  end(): void;
  /** A line of its own on stderr, above the bar where there is one. */
  tell(line: string): void;
}

const BAR_COLUMNS = 24;
const REDRAWS_A_SECOND = 5;
const CLEAR_LINE = '\r\u001b[2K';

/** @param unit what is counted, in the plural */
export function createProgress(io: Io, unit: string, now: () => number): Progress {
  if (!io.terminal) return inPipe(io);
  let drawn: { readonly bar: SingleBar; readonly estimate: ReturnType<typeof createEstimate> } | undefined;
  return {
    begin() {
      drawn = { bar: createBar(io, unit), estimate: createEstimate(now) };
      drawn.bar.start(1, 0, drawn.estimate(0, 0));
    },
    update: (share, count) =>
      drawn?.bar.update(Math.min(1, Math.max(0, share)), drawn.estimate(share, count)),
    end() {
      drawn?.bar.stop();
      drawn = undefined;
    },
    tell: (line) => io.err(`${drawn === undefined ? '' : CLEAR_LINE}${printable(line)}\n`),
  };
}

const nothing = (): void => undefined;

function inPipe(io: Io): Progress {
  return { begin: nothing, update: nothing, end: nothing, tell: (line) => io.err(`${printable(line)}\n`) };
}

function createBar(io: Io, unit: string): SingleBar {
  const drawn = io.colour.err ? '\u001b[36m{bar}\u001b[0m' : '{bar}';
  return new SingleBar({
    stream: drawingStream(io),
    format: `[${drawn}] {percentage}%  {count} ${unit}  {rate}/s  {left}`,
    ...{ barsize: BAR_COLUMNS, barCompleteChar: '=', barIncompleteChar: ' ' },
    // Lines are told in between, and the bar is drawn anew below them.
    ...{ forceRedraw: true, fps: REDRAWS_A_SECOND, gracefulExit: false },
  });
}

/** Saved places are left out: a line told in between has moved the bar on from where it began. */
function drawingStream(io: Io): Writable & { isTTY: true; columns: number } {
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, written) {
      if (text !== '\u001b7' && text !== '\u001b8') io.err(String(text));
      written();
    },
  });
  return Object.assign(stream, { isTTY: true as const, columns: io.columns });
}

interface Estimated {
  readonly count: string;
  readonly rate: string;
  readonly left: string;
}

/** Speed and time left, by what was done since the first share: work that goes on did not do the rest now. */
export function createEstimate(now: () => number): (share: number, count: number) => Estimated {
  let base: { readonly share: number; readonly atMs: number } | undefined;
  const startedMs = now();
  return (share, count) => {
    const nowMs = now();
    const seconds = (nowMs - startedMs) / 1_000;
    const shown = { count: String(count), rate: String(seconds > 0 ? Math.round(count / seconds) : 0) };
    if (base === undefined && share > 0) base = { share, atMs: nowMs };
    if (base === undefined || share <= base.share) return { ...shown, left: '' };
    const leftMs = ((nowMs - base.atMs) * (1 - share)) / (share - base.share);
    return { ...shown, left: `${span(leftMs)} left` };
  };
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** `3d`, `2h`, `5m`, `12s`: the largest unit alone. */
export function span(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, each]) => ms >= each) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / unitMs))}${unit}`;
}
