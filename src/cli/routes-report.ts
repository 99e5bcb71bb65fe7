import { styleText } from 'node:util';
import { stirOf, type ToldOf } from '../alerts/group.ts';
import type { Firing } from '../alerts/lifecycle.ts';
import type { Break } from '../alerts/quiet.ts';
import { urgencyOf } from '../alerts/urgency.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { Feed } from '../core/event.ts';
import type { AlertGroup } from '../core/store.ts';
import { groupText, short } from './alert-view.ts';
import { conditionText, leavesOf } from './conditions.ts';
import { span } from './progress.ts';
import { breakJson, breakText, type KeptQuiet, quietJson, quietText } from './quiet.ts';
import type { RouteStep } from './routes-walk.ts';
import { iso, many, moment, visible } from './table.ts';

/** What would become of one event. */
export interface RoutesReport {
  readonly atMs: number;
  readonly source: string;
  readonly feed: Feed;
  readonly payloadError?: string;
  readonly matches: readonly MatchReport[];
  /** Rules that have no verdict. */
  readonly failures: readonly { readonly rule: string; readonly reason: string }[];
  readonly notes: readonly string[];
}

export interface MatchReport {
  readonly firing: Firing;
  /** How many windows decide whether the rule fires. */
  readonly windows: number;
  /** As it would be after this match; `known`: it is there now. */
  readonly alert: StoredAlert;
  readonly known?: StoredAlert;
  readonly quiet?: KeptQuiet;
  /** Rules that it gives way to: then it raises no alert, and no route is asked. */
  readonly yieldsTo?: readonly string[];
  readonly broken: readonly Break[];
  /** `known`: the group that counts it, as it is now; `told`: what that has told of the alert. */
  readonly steps: readonly (RouteStep & { readonly known?: AlertGroup; readonly told?: ToldOf })[];
}

type Step = MatchReport['steps'][number];

/** For programs: times as ISO 8601, waits in milliseconds. */
export function routesJson(report: RoutesReport) {
  const { atMs, source, feed, payloadError, matches, failures, notes } = report;
  return {
    ...{ at: iso(atMs), source, feed, payloadError, notes },
    failures,
    matches: matches.map((match) => {
      const { firing, windows, known, quiet, broken } = match;
      const { rule, severity, fingerprint, group } = firing;
      return {
        ...{ rule, severity, windows, fingerprint, group, alert: known?.state ?? 'new' },
        yieldsTo: match.yieldsTo,
        quiet: quiet === undefined ? undefined : quietJson(quiet),
        broken: broken.map(breakJson),
        routes: match.steps.map((step) => ({
          ...{ route: step.route, outcome: step.outcome, to: step.to, toldByEarlierRoutes: step.leftOut },
          ...{ continue: step.continues, when: step.when },
          escalate: step.escalate && { after: span(step.escalate.afterMs), to: step.escalate.to },
          group: step.group && {
            ...{ id: step.group.id, labels: step.group.labels, timing: step.group.timing },
            ...{ mutedUntil: iso(step.group.mutedUntilMs), tellsAs: toldAs(match, step) },
          },
        })),
      };
    }),
  };
}

/** For people. */
export function routesText(report: RoutesReport, colour: boolean): readonly string[] {
  const { matches, failures, payloadError, atMs } = report;
  const head =
    matches.length === 0
      ? [`no rule matches: nobody is told (source ${report.source}, feed ${report.feed})`]
      : [];
  return [
    ...(payloadError === undefined
      ? []
      : [`its payload does not decode, so rules see no exchange: ${visible(payloadError)}`]),
    ...failures.map(({ rule, reason }) => `rule ${visible(rule)} has no verdict: ${visible(reason)}`),
    ...head,
    ...matches.flatMap((match) => matchText(match, atMs, colour)),
  ];
}

function matchText(match: MatchReport, atMs: number, colour: boolean): readonly string[] {
  const { firing, windows, known, quiet, broken } = match;
  const title = `${visible(firing.rule)} (${firing.severity}) matches`;
  if (match.yieldsTo !== undefined)
    return [`${bold(title, colour)}; it yields to ${visible(match.yieldsTo.join(', '))} and raises no alert`];
  const counted = windows === 0 ? '' : '; its windows, which decide whether it fires, are not counted here';
  const was =
    known === undefined
      ? 'would be opened'
      : `is ${known.state}, ${many(known.count, 'match', 'matches')} so far`;
  return [
    `${bold(title, colour)}${counted}`,
    `  alert ${short(firing.fingerprint)} ${groupText(firing.group)} ${was}`,
    ...(quiet === undefined ? [] : [`  kept quiet: ${quietText(quiet, atMs)}`]),
    ...broken.map((each) => `  ${breakText(each)}`),
    ...match.steps.flatMap((step) => stepText(match, step, atMs)),
  ];
}

function bold(text: string, colour: boolean): string {
  return colour ? styleText('bold', text, { validateStream: false }) : text;
}

const MOST_CONDITIONS = 5;

function stepText(match: MatchReport, step: Step, atMs: number): readonly string[] {
  const name = `  route ${visible(step.route)}`;
  switch (step.outcome) {
    case 'not-asked':
      return [`${name}: not asked, a route before it has no "continue: true"`];
    case 'not-matched':
      return [`${name}: no, its "when" does not hold`, ...failing(step)];
    case 'told-already':
      return [`${name}: yes, and earlier routes tell ${listed(step.leftOut)} already`, ...goesOn(step)];
    case 'taken':
      return [
        `${name}: yes, ${step.when === undefined ? 'it takes every alert' : 'its "when" holds'}`,
        `    tells ${listed(step.to)}${step.leftOut.length === 0 ? '' : ` (earlier routes tell ${listed(step.leftOut)})`}`,
        `    ${whenText(match, step, atMs)}`,
        ...escalation(step),
        ...goesOn(step),
      ];
  }
}

function failing({ when }: Step): readonly string[] {
  if (when === undefined) return [];
  const failed = leavesOf(when).filter(({ verdict }) => verdict !== 'true');
  return failed.slice(0, MOST_CONDITIONS).map((leaf) => `    ${visible(conditionText(leaf))}`);
}

function escalation({ escalate }: Step): readonly string[] {
  if (escalate === undefined) return [];
  return [
    `    tells ${listed(escalate.to)} too, ${span(escalate.afterMs)} later, if nobody has acknowledged it (escalate)`,
  ];
}

function goesOn({ continues }: Step): readonly string[] {
  return continues ? ['    continue: true, so later routes are asked too'] : [];
}

/** What the notification is called. */
function toldAs(match: MatchReport, step: Step): Exclude<Reason, 'rise'> {
  const reason = reasonOf(match, step);
  return reason === 'rise' ? 'grew' : reason;
}

type Reason = 'opened' | 'rise' | 'grew' | 'repeat';

/** As alerts/group.ts decides of a group as it stands. */
function reasonOf({ alert }: MatchReport, { known, told }: Step): Reason {
  if (known?.lastNotifiedMs === undefined || known.dueMs === undefined) return 'opened';
  const stir = stirOf(told, alert);
  if (stir === 'growth') return 'repeat';
  const { toldUrgency = Number.POSITIVE_INFINITY } = known;
  return stir === 'rise' || urgencyOf(alert) > toldUrgency ? 'rise' : 'grew';
}

function whenText(match: MatchReport, step: Step, atMs: number): string {
  const { group, known } = step;
  if (group === undefined) return '';
  const { groupWaitMs, groupIntervalMs, repeatIntervalMs } = group.timing;
  const lastMs = known?.lastNotifiedMs ?? atMs;
  const told = {
    opened: `after ${span(groupWaitMs)} (group_wait)`,
    rise: `as a rise in severity, after ${span(groupWaitMs)} (group_wait)`,
    grew: `as news of a group told of already: at ${moment(lastMs + groupIntervalMs, atMs)} at the earliest (group_interval)`,
    repeat:
      match.known?.state === 'acknowledged'
        ? 'as more of what was told, and not while it is acknowledged'
        : `as more of what was told: at ${moment(lastMs + repeatIntervalMs, atMs)} (repeat_interval)`,
  }[reasonOf(match, step)];
  const muted =
    group.mutedUntilMs === undefined
      ? ''
      : `; the route does not speak before ${moment(group.mutedUntilMs, atMs)}`;
  return `${told}${muted}, together with ${groupText(group.labels)}`;
}

function listed(names: readonly string[]): string {
  return names.map(visible).join(', ');
}
