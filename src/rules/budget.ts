/** Thrown where an event would cost more than its share; the rule that asked has no verdict on it. */
export class WorkBudgetError extends Error {
  constructor(what: string) {
    super(`the event holds more ${what} than may be looked at`);
    this.name = 'WorkBudgetError';
  }
}
