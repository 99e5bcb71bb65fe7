import { Readable } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RanWith {
  readonly stdin?: string;
  /** What a person types, at a terminal. */
  readonly typed?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** As a signal would; never, where absent. */
  readonly stop?: AbortSignal;
  /** Is given what a hangup would call. */
  readonly onHangup?: (callback: () => void) => void;
  /** A terminal on stderr, with colours or without. Default: a pipe. */
  readonly terminal?: 'plain' | 'coloured';
}

/** Runs a command line in this process, with an environment and a terminal of its own. */
export async function runTocsin(args: readonly string[], given: RanWith = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    stdin: stdinOf(given),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: given.env ?? {},
    cwd: given.cwd ?? process.cwd(),
    colour: { out: false, err: given.terminal === 'coloured' },
    terminal: given.terminal !== undefined,
    columns: 100,
    stop: given.stop ?? new AbortController().signal,
    onHangup: given.onHangup ?? (() => undefined),
  });
  return { code, out, err };
}

function stdinOf({ stdin, typed }: RanWith): Readable {
  const text = typed ?? stdin;
  const stream = Readable.from(text === undefined ? [] : [text]);
  return typed === undefined ? stream : Object.assign(stream, { isTTY: true });
}
