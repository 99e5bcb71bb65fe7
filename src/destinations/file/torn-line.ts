import { OutputError } from './failure.ts';
import type { Handle } from './files.ts';

const CHUNK_BYTES = 65_536;
/** No line is longer; whatever it is, it is not ours. */
const MAX_TAIL_BYTES = 268_435_456;
const NEWLINE = 0x0a;
/** How every line of ours begins. */
const BEGINNINGS = ['{"', 'CEF:'];

/**
 * Takes off the half line with which a crash left the file: its delivery was never recorded as done and comes again whole.
 * Somebody else's half line is not ours to cut: throws {@link OutputError} `FOREIGN`. Returns the size.
 */
export async function repairEnd(handle: Handle, bytes: number): Promise<number> {
  const start = await lastLineStart(handle, bytes);
  if (start === bytes) return bytes;
  const head = Buffer.alloc(Math.min(4, bytes - start));
  await handle.read(head, 0, head.length, start);
  const text = head.toString('latin1');
  if (!BEGINNINGS.some((each) => each.startsWith(text) || text.startsWith(each)))
    throw new OutputError('FOREIGN');
  await handle.truncate(start);
  await handle.datasync();
  return start;
}

/** Behind the last newline: the file's end where its last line is whole. */
async function lastLineStart(handle: Handle, bytes: number): Promise<number> {
  const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes));
  for (let end = bytes; end > 0; ) {
    if (bytes - end > MAX_TAIL_BYTES) throw new OutputError('FOREIGN');
    const length = Math.min(chunk.length, end);
    const { bytesRead } = await handle.read(chunk, 0, length, end - length);
    if (bytesRead < length) throw new OutputError('EIO');
    const newline = chunk.subarray(0, length).lastIndexOf(NEWLINE);
    end -= length;
    if (newline !== -1) return end + newline + 1;
  }
  return 0;
}
