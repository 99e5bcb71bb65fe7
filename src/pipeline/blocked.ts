/** Nothing is taken in now, on purpose. The message says why and what to do. */
export class IngestBlocked extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IngestBlocked';
  }
}
