import type { Scanner } from './scanner.ts';

/** Java's own bound on nested messages. */
const MAX_DEPTH = 100;

type Close = '}' | '>' | ']';

/**
 * Skips the value of an unknown field: a scalar, a message, or a list of either. Keeps a stack of its
 * own, so that no nesting exhausts the engine's.
 */
export function skipValue(scanner: Scanner): void {
  const open: Close[] = [];
  let opened: boolean;
  do opened = enter(scanner, open);
  while (advance(scanner, open, opened));
}

/** Takes a scalar whole, or only the opening of a message or list; tells which. */
function enter(scanner: Scanner, open: Close[]): boolean {
  const scalarAllowed = open.at(-1) === ']' || scanner.take(':');
  const close = scanner.take('[') ? ']' : scanner.open();
  if (close !== undefined) {
    if (open.push(close) > MAX_DEPTH) scanner.fail('too-deep', `messages nest deeper than ${MAX_DEPTH}`);
    return true;
  }
  if (!scalarAllowed) scanner.expect(':');
  if (scanner.atString()) scanner.string();
  else scanner.skipWord();
  return false;
}

/** Closes what is complete; true where another value follows. */
function advance(scanner: Scanner, open: Close[], opened: boolean): boolean {
  for (let fresh = opened; ; fresh = false) {
    const close = open.at(-1);
    if (close === undefined) return false;
    if (close === ']' ? nextItem(scanner, fresh) : nextField(scanner, close, fresh)) return true;
    open.pop();
  }
}

function nextItem(scanner: Scanner, fresh: boolean): boolean {
  if (fresh) return !scanner.take(']');
  if (scanner.take(',')) return true;
  scanner.expect(']');
  return false;
}

function nextField(scanner: Scanner, close: Close, fresh: boolean): boolean {
  if (!fresh) scanner.separator();
  if (scanner.take(close)) return false;
  scanner.name();
  return true;
}
