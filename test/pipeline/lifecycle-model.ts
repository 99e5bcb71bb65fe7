import type { Severity } from '../../src/core/severity.ts';
import { severityRank } from '../../src/core/severity.ts';

/** One entry of everything that has happened, in its order. Times are seconds. */
export type Happening =
  | {
      readonly kind: 'match' | 'update';
      readonly at: number;
      readonly alert: string;
      readonly severity: Severity;
    }
  | { readonly kind: 'ack'; readonly at: number; readonly alert: string }
  /** Somebody looked: what had been quiet for long enough is over from here on. */
  | { readonly kind: 'look'; readonly at: number }
  | { readonly kind: 'told'; readonly at: number; readonly group: string; readonly alerts: readonly string[] }
  | { readonly kind: 'closed'; readonly at: number; readonly group: string };

interface AlertState {
  readonly isOpen: boolean;
  readonly isAcked: boolean;
  readonly episode: number;
  readonly severity: Severity;
  /** Its newest match. */
  readonly last: number;
}

interface Member extends AlertState {
  readonly name: string;
  readonly untold: number;
  readonly isNews: boolean;
}

function remembered<T>(known: Map<string, T>, question: string, answer: () => T): T {
  const found = known.get(question) ?? answer();
  known.set(question, found);
  return found;
}

type Placed = Happening & { readonly index: number };

export interface ModelSilence {
  readonly hides: (alert: string) => boolean;
  readonly from: number;
  until: number;
}

export interface ModelRoute {
  readonly takes: (alert: string) => boolean;
  readonly groupOf: (alert: string) => string;
  readonly isMuted: (at: number) => boolean;
  readonly sendResolved: boolean;
  readonly wait: number;
  readonly interval: number;
  readonly repeat: number;
}

/** What the model says is to be told of a group now. */
export interface Verdict {
  readonly group: string;
  readonly reason: string;
  readonly severity: Severity;
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * The lifecycle in the simplest words: nothing is remembered but what has happened, and every question is
 * answered by reading all of it again.
 */
export class Model {
  readonly happened: Happening[] = [];
  readonly silences: ModelSilence[] = [];
  /** Answers that cannot change: what has happened stays so. */
  readonly #alerts = new Map<string, AlertState>();
  readonly #members = new Map<string, readonly Member[]>();
  readonly #routes: readonly ModelRoute[];
  readonly #resolveAfter: (alert: string) => number;
  readonly #inhibitorOf: (alert: string) => string | undefined;

  constructor(
    routes: readonly ModelRoute[],
    resolveAfter: (alert: string) => number,
    inhibitorOf: (alert: string) => string | undefined,
  ) {
    this.#routes = routes;
    this.#resolveAfter = resolveAfter;
    this.#inhibitorOf = inhibitorOf;
  }

  /** An alert as it stood after the first `upTo` happenings. */
  alert(name: string, upTo = this.happened.length): AlertState {
    return remembered(this.#alerts, `${name} ${upTo}`, () => this.#readAlert(name, upTo));
  }

  #readAlert(name: string, upTo: number): AlertState {
    let state: AlertState = { isOpen: false, isAcked: false, episode: 0, severity: 'INFO', last: 0 };
    for (const each of this.happened.slice(0, upTo)) {
      if (each.kind === 'look' && each.at - state.last >= this.#resolveAfter(name))
        state = { ...state, isOpen: false, isAcked: false };
      if (!('alert' in each) || each.alert !== name) continue;
      if (each.kind === 'ack') state = { ...state, isAcked: state.isOpen };
      if (each.kind === 'match' && !state.isOpen)
        state = {
          isOpen: true,
          isAcked: false,
          episode: state.episode + 1,
          severity: each.severity,
          last: each.at,
        };
      else if (each.kind === 'match') {
        const isWorse = severityRank(each.severity) > severityRank(state.severity);
        state = {
          ...state,
          isAcked: state.isAcked && !isWorse,
          severity: isWorse ? each.severity : state.severity,
          last: each.at,
        };
      }
      if (each.kind === 'update' && state.isOpen) {
        const isWorse = severityRank(each.severity) > severityRank(state.severity);
        state = { ...state, severity: isWorse ? each.severity : state.severity, last: each.at };
      }
    }
    return state;
  }

  isQuieted(name: string, at: number): boolean {
    if (this.#isSilenced(name, at)) return true;
    const inhibitor = this.#inhibitorOf(name);
    return inhibitor !== undefined && this.alert(inhibitor).isOpen && this.#isHeard(inhibitor, at);
  }

  #isSilenced(name: string, at: number): boolean {
    return this.silences.some(({ hides, from, until }) => hides(name) && from <= at && at < until);
  }

  /** Somebody was told of an open alert's present episode, or is about to be: nothing but a `group_wait` is in between. */
  #isHeard(name: string, at: number): boolean {
    const { episode } = this.alert(name);
    return this.#routes.some((route) => {
      if (!route.takes(name)) return false;
      const since = this.#since(route, route.groupOf(name));
      const told = since.filter((each): each is Placed & { kind: 'told' } => each.kind === 'told');
      const own = told.findLast(({ alerts }) => alerts.includes(name));
      if (own !== undefined && this.alert(name, own.index).episode === episode) return true;
      if (this.#isSilenced(name, at) || route.isMuted(at)) return false;
      const last = told.at(-1);
      return last === undefined || at + route.wait >= last.at + route.interval;
    });
  }

  /** What has happened to a group since it opened, with the places in the history. */
  #since(route: ModelRoute, group: string): readonly Placed[] {
    const isOwn = (each: Happening): boolean => {
      if (each.kind === 'match') return route.takes(each.alert) && route.groupOf(each.alert) === group;
      return 'group' in each && each.group === group;
    };
    const own = this.happened.map((each, index): Placed => ({ ...each, index })).filter(isOwn);
    return own.slice(own.findLastIndex(({ kind }) => kind === 'closed') + 1);
  }

  groups(): readonly { readonly route: ModelRoute; readonly group: string }[] {
    return this.#routes.flatMap((route) => {
      const alerts = this.happened.flatMap((each) =>
        each.kind === 'match' && route.takes(each.alert) ? [each.alert] : [],
      );
      return [...new Set(alerts.map(route.groupOf))].map((group) => ({ route, group }));
    });
  }

  /** Every alert in a group since it opened, with its matches that were not told of. */
  members(route: ModelRoute, group: string): readonly Member[] {
    return remembered(this.#members, `${group} ${this.happened.length}`, () =>
      this.#readMembers(route, group),
    );
  }

  #readMembers(route: ModelRoute, group: string): readonly Member[] {
    const since = this.#since(route, group);
    const names = [...new Set(since.flatMap((each) => (each.kind === 'match' ? [each.alert] : [])))];
    return names.flatMap((name) => {
      const toldAt =
        since.findLast((each) => each.kind === 'told' && each.alerts.includes(name))?.index ?? -1;
      const untold = since.filter(
        (each) => each.kind === 'match' && each.alert === name && each.index > toldAt,
      );
      const then = toldAt < 0 ? undefined : this.alert(name, toldAt);
      // Told of as over: it has left.
      if (then !== undefined && !then.isOpen && untold.length === 0) return [];
      const now = this.alert(name);
      const isNews =
        now.isOpen &&
        (then === undefined ||
          then.episode !== now.episode ||
          severityRank(then.severity) < severityRank(now.severity));
      return [{ name, ...now, untold: untold.length, isNews }];
    });
  }

  /** What is to become of a group now: told (and of what), closed, or nothing. */
  verdict(route: ModelRoute, group: string, at: number): Verdict | 'close' | undefined {
    const since = this.#since(route, group);
    const [first] = since;
    if (first === undefined) return undefined;
    const members = this.members(route, group);
    const audible = members.filter(({ name }) => !this.isQuieted(name, at));
    const isOver = members.every(({ isOpen }) => !isOpen);
    const last = since.findLast(({ kind }) => kind === 'told');
    const tell = (reason: string): Verdict => {
      const worst =
        audible.map(({ severity }) => severity).sort((a, b) => severityRank(b) - severityRank(a))[0] ??
        'INFO';
      return {
        group,
        reason,
        severity: worst,
        counts: Object.fromEntries(audible.map(({ name, untold }) => [name, untold])),
      };
    };
    if (last === undefined) {
      if (at < first.at + route.wait) return undefined;
      const wasLookedAt = this.happened.some(
        (each, index) =>
          each.kind === 'look' && index > first.index && each.at >= first.at + route.wait && each.at < at,
      );
      if (isOver) return wasLookedAt || route.isMuted(at) || audible.length === 0 ? 'close' : tell('opened');
      if (route.isMuted(at)) return undefined;
      const isWorthIt = audible.some(({ isOpen }) => isOpen) || (audible.length > 0 && !wasLookedAt);
      return isWorthIt ? tell('opened') : undefined;
    }
    if (isOver) {
      if (!route.sendResolved) return 'close';
      if (at < last.at + route.interval) return undefined;
      if (route.isMuted(at)) return undefined;
      return audible.length === 0 ? 'close' : tell('resolved');
    }
    if (route.isMuted(at)) return undefined;
    if (at >= last.at + route.interval && audible.some(({ isNews }) => isNews)) return tell('grew');
    const goesOn = audible.some(({ isOpen, isAcked }) => isOpen && !isAcked);
    return at >= last.at + route.repeat && goesOn ? tell('repeat') : undefined;
  }

  /** Whether all of a group is over: what tells of it closes it. */
  isOver(route: ModelRoute, group: string): boolean {
    return this.members(route, group).every(({ isOpen }) => !isOpen);
  }
}
