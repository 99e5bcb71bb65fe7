/** Where lines go. */
export interface Output {
  /**
   * Appends whole lines, each with its newline. Never throws. Calls must not overlap.
   * @param signal ends it between two writes
   */
  append(lines: readonly Buffer[], signal: AbortSignal): Promise<Appended>;
  close(): Promise<void>;
}

export interface Appended {
  /** How many of the lines, from the first, are where they shall be. */
  readonly lines: number;
  /** Why it is not all of them; see failure.ts. */
  readonly code?: string;
}
