import { type Severity, severityRank } from '../../src/core/severity.ts';

/** What the model says is to be told of a group now. */
export interface Verdict {
  readonly group: string;
  readonly reason: string;
  readonly how: How;
  readonly severity: Severity;
  readonly counts: Readonly<Record<string, number>>;
  /** Nothing is told of but that it is over: what it names is only what it was about. */
  readonly isFace?: true;
  /** It may be told already, and need not: its time comes later, and somebody looked for another reason. */
  readonly isEarly?: true;
}

/** How it was told: as a message, in a summary, or so that it wakes nobody. */
export type How = 'message' | 'summary' | 'quietly';

/** One entry of everything that has happened, in its order. Times are seconds. */
export type Happening =
  | {
      readonly kind: 'match' | 'update';
      readonly at: number;
      readonly alert: string;
      readonly severity: Severity;
      readonly isExploit: boolean;
    }
  | { readonly kind: 'ack'; readonly at: number; readonly alert: string }
  /** Somebody looked: what had been quiet for long enough is over from here on. */
  | { readonly kind: 'look'; readonly at: number }
  | {
      readonly kind: 'told';
      readonly at: number;
      readonly group: string;
      readonly reason: string;
      readonly how: How;
      /** Those that it told of, the worst first. */
      readonly alerts: readonly string[];
    }
  | { readonly kind: 'closed'; readonly at: number; readonly group: string };

export interface AlertState {
  readonly isOpen: boolean;
  readonly isAcked: boolean;
  readonly episode: number;
  readonly severity: Severity;
  readonly isExploited: boolean;
  /** Its newest match. */
  readonly last: number;
}

export interface Member extends AlertState {
  readonly name: string;
  readonly untold: number;
  /** As it was when it was told of; undefined where it was not. */
  readonly told: AlertState | undefined;
  readonly isNews: boolean;
  readonly isRise: boolean;
}

/** The more, the worse: an exploit that succeeded is worse than any of its severity that did not. */
export const weight = ({ severity, isExploited }: AlertState): number =>
  severityRank(severity) * 2 + (isExploited ? 1 : 0);
export const MILD = severityRank('HIGH') * 2;

export const worstOf = (alerts: readonly AlertState[]): number => Math.max(-1, ...alerts.map(weight));
