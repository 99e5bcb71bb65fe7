import type { Clock } from '../core/clock.ts';
import type { MatchedRule } from '../core/delivery.ts';
import type { Event } from '../core/event.ts';
import { framesOf } from '../core/frames.ts';
import { type EventView, type RuleMatch, type RuleSet, viewOf } from '../rules/index.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** An event with what the rules say of it, windows not yet asked. */
export interface Verdict {
  readonly event: Event;
  readonly view: EventView;
  readonly matches: readonly RuleMatch[];
}

/** How long events are judged before timers and sockets get their turn. */
const TURN_MS = 20;

/** Judges events by the rules, before any transaction is open and without holding the event loop for long. */
export async function judge(
  events: readonly Event[],
  ruleSet: RuleSet,
  clock: Clock,
  telemetry: Telemetry,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  let turnEndsMs = clock.now() + TURN_MS;
  for (const event of events) {
    verdicts.push(judgeOne(event, ruleSet, telemetry));
    if (clock.now() < turnEndsMs) continue;
    await clock.sleep(0);
    turnEndsMs = clock.now() + TURN_MS;
  }
  return verdicts;
}

function judgeOne(event: Event, ruleSet: RuleSet, telemetry: Telemetry): Verdict {
  const view = viewOf(event.raw, event.feed);
  try {
    return { event, view, matches: matchesOf(event, view, ruleSet, telemetry) };
  } catch (error) {
    telemetry.eventUnjudged(event, event.id, framesOf(error));
    return { event, view, matches: [] };
  }
}

function matchesOf(
  event: Event,
  view: EventView,
  ruleSet: RuleSet,
  telemetry: Telemetry,
): readonly RuleMatch[] {
  const { matches, failures } = ruleSet.match(view);
  if (view.payloadError !== undefined) telemetry.payloadUndecodable(event, event.id, view.payloadError);
  for (const { rule, reason } of failures) telemetry.ruleFailed(rule.id, event.id, reason);
  for (const { rule } of matches) telemetry.ruleMatched(rule.id);
  return matches;
}

/** What deliveries tell of the rules that matched. */
export function matchedRules({ matches }: Verdict): readonly MatchedRule[] {
  return matches.map(({ rule, severity }) => ({ rule: rule.id, name: rule.info.name ?? rule.id, severity }));
}
