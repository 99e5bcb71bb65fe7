/** Takes a stream apart into frames: `LENGTH SP BYTES`, again and again. */
export interface FrameReader {
  /** The frames that this piece completes. Throws where the stream is not counted so. */
  push(piece: Buffer): readonly Buffer[];
}

const MAX_DIGITS = 8;
const SPACE = 0x20;

/** @param maxBytes of one frame */
export function createFrameReader(maxBytes: number): FrameReader {
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = 0;

  return {
    push(piece) {
      pieces.push(piece);
      held += piece.length;
      // Joining at every piece would cost the square of a long frame.
      if (held < wanted) return [];
      const { frames, rest, next } = takeFrames(Buffer.concat(pieces), maxBytes);
      pieces = [rest];
      held = rest.length;
      wanted = next;
      return frames;
    },
  };
}

function takeFrames(bytes: Buffer, maxBytes: number) {
  const frames: Buffer[] = [];
  let at = 0;
  for (;;) {
    const space = bytes.indexOf(SPACE, at);
    const digits = bytes.toString('latin1', at, space === -1 ? at + MAX_DIGITS + 1 : space);
    if (!(space === -1 ? /^(?:[1-9]\d{0,7})?$/ : /^[1-9]\d{0,7}$/).test(digits))
      throw new Error('The stream has no octet count where one belongs.');
    if (Number(digits) > maxBytes) throw new Error(`A message is larger than ${maxBytes} bytes.`);
    const end = space + 1 + Number(digits);
    if (space === -1 || end > bytes.length)
      return { frames, rest: bytes.subarray(at), next: space === -1 ? 0 : end - at };
    frames.push(bytes.subarray(space + 1, end));
    at = end;
  }
}
