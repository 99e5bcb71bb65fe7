import type { Course } from './escalation.ts';

/** An alert as silences and inhibition see it. */
export interface QuietSubject<Subject> {
  readonly fingerprint: string;
  /** What all its matches share. */
  readonly labels: Readonly<Record<string, string | number | boolean>>;
  /** Terms in which its matches differ. */
  readonly several: ReadonlySet<string>;
  readonly course: Course;
  readonly subject: Subject;
}

export type Quiet =
  | { readonly reason: 'silenced'; readonly by: string; readonly untilMs: number }
  | { readonly reason: 'inhibited'; readonly by: string; readonly inhibitor: string };
