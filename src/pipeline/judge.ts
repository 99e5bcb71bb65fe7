import type { Clock } from '../core/clock.ts';
import type { MatchedRule } from '../core/delivery.ts';
import type { Event } from '../core/event.ts';
import { framesOf } from '../core/frames.ts';
import {
  type Change,
  type EventView,
  type Rule,
  type RuleFailure,
  type RuleMatch,
  type RuleSet,
  viewOf,
  yieldsAmong,
} from '../rules/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type OperationalFact, ruleQuarantined } from './operations.ts';
import { countOverrun, isQuarantined, NO_OVERRUNS, type Overruns } from './quarantine.ts';

/** An event with what the rules say of it, windows not yet asked. */
export interface Verdict {
  readonly event: Event;
  readonly view: EventView;
  readonly matches: readonly RuleMatch[];
  /** Rules that an earlier revision of the same object matched. */
  readonly matchedBefore: ReadonlySet<string>;
}

/** Of objects that change: the rules that earlier revisions matched, by the object's feed id. */
export type Revisions = ReadonlyMap<string, ReadonlySet<string>>;

/** How long events are judged before timers and sockets get their turn. */
const TURN_MS = 5;

export interface Judged {
  readonly verdicts: readonly Verdict[];
  /** What a person must know of the judging itself. */
  readonly facts: readonly OperationalFact[];
}

/** What one page's judging leaves to say. Of failures only the number, the rules and the first are kept. */
interface Notes {
  readonly facts: OperationalFact[];
  readonly failedRules: Set<string>;
  failures: number;
  firstFailure?: { readonly event: string; readonly reason: string };
}

/**
 * Judges events by the rules, before any transaction is open and without holding the event loop for
 * long. Remembers which rules overran: those are left out for a while.
 *
 * @param overruns where it remembers them, for whoever else must know which rules are not asked
 */
export function createJudge(
  ruleSet: RuleSet,
  clock: Clock,
  telemetry: Telemetry,
  overruns = new Map<string, Overruns>(),
) {
  return async function judge(events: readonly Event[], revisions: Revisions): Promise<Judged> {
    const verdicts: Verdict[] = [];
    const known = new Map(revisions);
    const notes: Notes = { facts: [], failedRules: new Set(), failures: 0 };
    let turnEndsMs = clock.now() + TURN_MS;
    for (const event of events) {
      const before = event.revision === undefined ? undefined : known.get(event.feedId);
      const view = viewOf(event.raw, event.feed, changeOf(event, before));
      const matches = judgeOne(event, view, notes);
      const matchedBefore = before ?? NO_RULES;
      // What was decoded of an event that nobody asks about again is many times the event; a page has hundreds.
      const kept = matches.length > 0 ? view : viewOf(event.raw, event.feed, changeOf(event, before));
      verdicts.push({ event, view: kept, matches, matchedBefore });
      // A page can hold several states of one object.
      if (event.revision !== undefined)
        known.set(event.feedId, new Set([...matchedBefore, ...told(matches)]));
      if (clock.now() < turnEndsMs) continue;
      await clock.sleep(0);
      turnEndsMs = clock.now() + TURN_MS;
    }
    // One line a page: whoever writes the events must not choose how long the log gets.
    telemetry.rulesFailed(notes.failures, notes.failedRules, notes.firstFailure);
    return { verdicts, facts: notes.facts };
  };

  function judgeOne(event: Event, view: EventView, notes: Notes): readonly RuleMatch[] {
    try {
      const { matches, failures } = ruleSet.match(view, isOut);
      if (view.payloadError !== undefined) telemetry.payloadUndecodable(event, event.id, view.payloadError);
      for (const failure of failures) fail(event, failure, notes);
      return matches;
    } catch (error) {
      telemetry.eventUnjudged(event, event.id, framesOf(error));
      return [];
    }
  }

  function isOut({ id }: Rule): boolean {
    const known = overruns.get(id);
    return known !== undefined && isQuarantined(known, clock.now());
  }

  /** Only a rule's own pattern puts it in quarantine: an event beyond all bounds would blind every rule at once. */
  function fail(event: Event, { rule, reason, cause }: RuleFailure, notes: Notes): void {
    telemetry.ruleFailed(rule.id);
    notes.failures += 1;
    notes.failedRules.add(rule.id);
    notes.firstFailure ??= { event: event.id, reason };
    if (cause !== 'pattern') return;
    const nowMs = clock.now();
    const counted = countOverrun(overruns.get(rule.id) ?? NO_OVERRUNS, nowMs);
    overruns.set(rule.id, counted.overruns);
    if (counted.reason !== 'quarantined') return;
    const { untilMs } = counted.overruns;
    telemetry.ruleQuarantined(rule.id, reason, untilMs - nowMs);
    notes.facts.push(ruleQuarantined(rule.id, reason, untilMs, nowMs));
  }
}

/** What yields tells nobody of the object, and may have to when it changes. */
function told(matches: readonly RuleMatch[]): readonly string[] {
  const yielding = yieldsAmong(matches);
  return matches.flatMap(({ rule }) => (yielding.has(rule.id) ? [] : [rule.id]));
}

const NO_RULES: ReadonlySet<string> = new Set();

function changeOf({ revision }: Event, before: ReadonlySet<string> | undefined): Change | undefined {
  if (revision === undefined) return undefined;
  return before === undefined ? 'first_seen' : 'changed';
}

/** What deliveries tell of the rules that matched. @param yielded the rules that gave way, and to which */
export function matchedRules(
  { matches }: Verdict,
  yielded?: ReadonlyMap<string, readonly string[]>,
): readonly MatchedRule[] {
  return matches.map(({ rule, severity }) => {
    const yieldedTo = yielded?.get(rule.id);
    return {
      ...{ rule: rule.id, name: rule.info.name ?? rule.id, severity },
      ...(yieldedTo === undefined ? {} : { yieldedTo }),
    };
  });
}
