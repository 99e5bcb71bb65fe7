/** How many rows to ask for: less after a failure, since what the server failed at may be the size. */
export class RequestSize {
  #most: number;
  #now: number;

  constructor(most: number) {
    this.#most = most;
    this.#now = most;
  }

  fit(wanted: number): number {
    return Math.min(wanted, this.#now);
  }

  worked(): void {
    this.#now = Math.min(this.#most, this.#now * 2);
  }

  failed(asked: number): void {
    this.#now = Math.max(1, Math.floor(asked / 2));
  }

  /** An answer of this many rows does not fit and will not fit later. */
  neverAgain(asked: number): void {
    this.failed(asked);
    this.#most = this.#now;
  }
}
