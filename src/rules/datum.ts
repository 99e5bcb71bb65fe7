/** A number that a 32-bit integer cannot say; `text` is as written. */
export interface WideNumber {
  readonly wide: 'long' | 'double';
  readonly value: number;
  readonly text: string;
}

/** What a condition looks at. Plain numbers are 32-bit integers; undefined is no data at all. */
export type Datum = string | number | boolean | WideNumber | undefined;

/** What stands under an operator. */
export type Operand = string | number | boolean | WideNumber;
