/** Why a payload does not decode. */
export type PayloadErrorCode =
  | 'too-large'
  | 'too-deep'
  | 'unexpected-end'
  | 'unexpected-character'
  | 'bad-string'
  | 'bad-escape'
  | 'bad-number'
  | 'bad-boolean'
  | 'bad-json'
  | 'bad-headers'
  | 'damaged-name'
  | 'no-known-field';

/**
 * A payload that does not decode. The message holds none of its text: attackers write that.
 * `offset` counts UTF-16 units into the text.
 */
export class PayloadError extends Error {
  readonly code: PayloadErrorCode;
  readonly offset: number;

  constructor(code: PayloadErrorCode, offset: number, message: string) {
    super(message);
    this.name = 'PayloadError';
    this.code = code;
    this.offset = offset;
  }
}
