import { highestSeverity, SEVERITIES, severityRank } from '../../src/core/severity.ts';
import {
  type AlertState,
  type Happening,
  type How,
  type Member,
  MILD,
  type Verdict,
  weight,
  worstOf,
} from './lifecycle-happenings.ts';

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
  readonly name: string;
  /** Its destination. */
  readonly to: string;
  readonly takes: (alert: string) => boolean;
  readonly groupOf: (alert: string) => string;
  readonly isMuted: (at: number) => boolean;
  readonly sendResolved: boolean;
  readonly wait: number;
  readonly interval: number;
  readonly repeat: number;
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
    let state: AlertState = {
      ...{ isOpen: false, isAcked: false, episode: 0, severity: 'INFO', isExploited: false, last: 0 },
    };
    for (const each of this.happened.slice(0, upTo)) {
      if (each.kind === 'look' && each.at - state.last >= this.#resolveAfter(name))
        state = { ...state, isOpen: false, isAcked: false };
      if (!('alert' in each) || each.alert !== name) continue;
      if (each.kind === 'ack') state = { ...state, isAcked: state.isOpen };
      if (each.kind === 'ack' || (each.kind === 'update' && !state.isOpen)) continue;
      const { severity, isExploit, at } = each;
      if (!state.isOpen)
        state = {
          ...{ isOpen: true, isAcked: false, episode: state.episode + 1 },
          ...{ severity, isExploited: isExploit, last: at },
        };
      else {
        const isWorse = severityRank(severity) > severityRank(state.severity);
        state = {
          ...state,
          isAcked: state.isAcked && !isWorse && !(isExploit && !state.isExploited),
          severity: isWorse ? severity : state.severity,
          isExploited: state.isExploited || isExploit,
          last: at,
        };
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
      // What came back quietly was told to nobody here.
      if (own !== undefined && this.alert(name, own.index).episode === episode)
        return told.some(({ how }) => how === 'message');
      if (this.#isSilenced(name, at) || route.isMuted(at)) return false;
      const last = told.findLast(({ how }) => how !== 'quietly');
      if (last === undefined) return this.#isOpenedSoon(route, since, at);
      const isRising = this.#roseAt(since, last.index) !== undefined;
      return isRising || at + route.wait >= last.at + route.interval;
    });
  }

  #isOpenedSoon(route: ModelRoute, since: readonly Placed[], at: number): boolean {
    const [first] = since;
    if (first === undefined || !('alert' in first)) return false;
    const group = route.groupOf(first.alert);
    const { isQuiet } = this.#openingDue(route, group, since);
    return !isQuiet || at + route.wait >= this.#quietUntil(route, group, since);
  }

  /** What has happened to a group, with the places in the history. */
  #all(route: ModelRoute, group: string): readonly Placed[] {
    const isOwn = (each: Happening): boolean => {
      if ('alert' in each) return route.takes(each.alert) && route.groupOf(each.alert) === group;
      return each.kind === 'look' || each.group === group;
    };
    return this.happened.map((each, index): Placed => ({ ...each, index })).filter(isOwn);
  }

  /** The same since it opened. */
  #since(route: ModelRoute, group: string): readonly Placed[] {
    const all = this.#all(route, group);
    const open = all.slice(all.findLastIndex(({ kind }) => kind === 'closed') + 1);
    const first = open.findIndex(({ kind }) => kind === 'match');
    return first < 0 ? [] : open.slice(first);
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
      this.#membersOf(this.#since(route, group)),
    );
  }

  #membersOf(since: readonly Placed[], upTo = this.happened.length): readonly Member[] {
    const before = since.filter(({ index }) => index < upTo);
    const names = [...new Set(before.flatMap((each) => (each.kind === 'match' ? [each.alert] : [])))];
    return names.flatMap((name) => {
      const tellings = before.flatMap((each) =>
        each.kind === 'told' && each.alerts.includes(name) ? [each] : [],
      );
      const counted = tellings.findLast(({ how }) => how !== 'quietly')?.index ?? -1;
      const matches = before.filter((each) => each.kind === 'match' && each.alert === name);
      const untold = matches.filter(({ index }) => index > counted).length;
      const last = tellings.at(-1);
      const then = last === undefined ? undefined : this.alert(name, last.index);
      // Told of as over: it has left, and what comes after comes anew.
      const hasLeft = then !== undefined && !then.isOpen && last?.how !== 'quietly';
      if (hasLeft && untold === 0) return [];
      const told = hasLeft ? undefined : then;
      const now = this.alert(name, upTo);
      const isRise = now.isOpen && told !== undefined && weight(told) < weight(now);
      const isNews = now.isOpen && (told === undefined || told.episode !== now.episode || isRise);
      return [{ name, ...now, untold, told, isNews, isRise }];
    });
  }

  /** What is to become of a group now: told (and of what), closed, or nothing. */
  verdict(route: ModelRoute, group: string, at: number): Verdict | 'close' | undefined {
    const since = this.#since(route, group);
    if (since.length === 0) return undefined;
    const told = since.flatMap((each) => (each.kind === 'told' ? [each] : []));
    const last = told.findLast(({ how }) => how !== 'quietly');
    const isOver = this.isOver(route, group);
    if (last === undefined) return this.#opening(route, group, since, isOver, at);
    const isMuted = route.isMuted(at);
    const members = this.members(route, group);
    const audible = members.filter(({ name }) => !this.isQuieted(name, at));
    if (isOver) {
      const isKnown = told.some(({ how }) => how === 'message');
      if (route.sendResolved && at < last.at + route.interval) return undefined;
      if (isKnown) return route.sendResolved ? this.#end(route, group, since, at) : 'close';
      if (audible.length === 0) return 'close';
      return isMuted ? undefined : this.#tell(group, 'opened', 'message', audible);
    }
    if (isMuted) return undefined;
    const news = audible.filter(({ isNews }) => isNews);
    if (news.length > 0) {
      const isRise = audible.some((each) => each.isRise) || worstOf(news) > this.#worstTold(since);
      const verdict = this.#tell(group, 'grew', 'message', audible);
      if (at >= last.at + route.interval) return verdict;
      if (!isRise) return undefined;
      const roseAt = this.#roseAt(since, last.index) ?? 0;
      return at >= roseAt + route.wait ? verdict : { ...verdict, isEarly: true };
    }
    const goesOn = audible.some(({ isOpen, isAcked }) => isOpen && !isAcked);
    return at >= last.at + route.repeat && goesOn
      ? this.#tell(group, 'repeat', 'message', audible)
      : undefined;
  }

  #tell(group: string, reason: string, how: How, alerts: readonly Member[]): Verdict {
    const [worst] = [...alerts].sort((a, b) => severityRank(b.severity) - severityRank(a.severity));
    const counts = alerts.map(({ name, untold }) => [name, how === 'quietly' ? 0 : untold]);
    return { group, reason, how, severity: worst?.severity ?? 'INFO', counts: Object.fromEntries(counts) };
  }

  /** Of whatever was told of, silenced or not, and of what may be heard now; at least of what was the worst. */
  #end(route: ModelRoute, group: string, since: readonly Placed[], at: number): Verdict {
    const members = this.members(route, group);
    const heard = members.filter(({ name, told }) => told !== undefined || !this.isQuieted(name, at));
    const worstTold = SEVERITIES[Math.floor(this.#worstTold(since) / 2)] ?? 'INFO';
    if (heard.length > 0) {
      const verdict = this.#tell(group, 'resolved', 'message', heard);
      return { ...verdict, severity: highestSeverity(verdict.severity, worstTold) };
    }
    const face = since.findLast((each) => each.kind === 'told' && each.alerts.length > 0);
    const [name = ''] = face?.kind === 'told' ? face.alerts : [];
    return {
      ...{ group, reason: 'resolved', how: 'message', counts: { [name]: 0 }, isFace: true },
      severity: highestSeverity(this.alert(name).severity, worstTold),
    };
  }

  /** The worst that people were told of since the group opened, of what was open or new then. */
  #worstTold(since: readonly Placed[]): number {
    const weights = since.flatMap((each) => {
      if (each.kind !== 'told' || each.how === 'quietly') return [];
      const then = this.#membersOf(since, each.index).filter(({ name }) => each.alerts.includes(name));
      return [worstOf(then.filter(({ isOpen, untold }) => isOpen || untold > 0))];
    });
    return Math.max(-1, ...weights);
  }

  /** When it first became worse than it was told. */
  #roseAt(since: readonly Placed[], lastTold: number): number | undefined {
    const worst = this.#worstTold(since);
    const rise = since.find((each) => {
      if (each.index < lastTold || (each.kind !== 'match' && each.kind !== 'update')) return false;
      const member = this.#membersOf(since, each.index + 1).find(({ name }) => name === each.alert);
      return member !== undefined && (member.isRise || (member.isNews && weight(member) > worst));
    });
    return rise?.at;
  }

  /** Of a group that people were not told of. */
  #opening(
    route: ModelRoute,
    group: string,
    since: readonly Placed[],
    isOver: boolean,
    at: number,
  ): Verdict | 'close' | undefined {
    const audible = this.members(route, group).filter(({ name }) => !this.isQuieted(name, at));
    const seen = since.find(({ kind }) => kind === 'told');
    const { due, isQuiet } = this.#openingDue(route, group, since);
    const isLooked = at >= due || (isOver && this.#wasLookedAt(route, group, since));
    const anew = seen === undefined ? 'opened' : 'repeat';
    if (isOver) {
      if (seen === undefined ? !isLooked : at < this.#endOfQuiet(route, since, seen)) return undefined;
      // It was looked at in the mute time since it is over: it is not again before that ends.
      if (route.isMuted(at) && this.#hasWaited(route, group, since)) return undefined;
      if (audible.length === 0) return 'close';
      if (route.isMuted(at)) return undefined;
      if (this.#wasLookedAt(route, group, since, route.isMuted))
        return this.#tell(group, 'opened', 'summary', audible);
      if (seen === undefined && this.#wasLookedAt(route, group, since)) return 'close';
      if (!isQuiet) return this.#tell(group, anew, 'message', audible);
      return seen === undefined
        ? this.#tell(group, 'opened', 'quietly', audible)
        : { ...this.#end(route, group, since, at), how: 'summary' };
    }
    if (at < due || route.isMuted(at)) return undefined;
    const isWorthIt =
      audible.some(({ isOpen }) => isOpen) || (audible.length > 0 && !this.#wasLookedAt(route, group, since));
    if (!isWorthIt) return undefined;
    if (isQuiet && at < this.#quietUntil(route, group, since) && worstOf(audible) < MILD)
      return seen === undefined ? this.#tell(group, 'opened', 'quietly', audible) : undefined;
    return this.#tell(group, anew, 'message', audible);
  }

  /** When what was told quietly as over is at its end. */
  #endOfQuiet({ interval }: ModelRoute, since: readonly Placed[], seen: Placed): number {
    const wasOver = this.#membersOf(since, seen.index).every(({ isOpen }) => !isOpen);
    const isSame = !since.some(({ kind, index }) => kind === 'match' && index > seen.index);
    return wasOver && isSame ? seen.at + interval : 0;
  }

  /** Until when a mild return wakes nobody; 0 where it may. */
  #quietUntil(route: ModelRoute, group: string, since: readonly Placed[]): number {
    const [first] = since;
    if (first === undefined) return 0;
    const before = this.#all(route, group).filter(({ index }) => index < first.index);
    const heard = before.findLast(
      (each) => each.kind === 'told' && each.how !== 'quietly' && each.reason !== 'resolved',
    );
    const until = heard === undefined ? 0 : heard.at + route.repeat;
    return until > first.at + route.wait ? until : 0;
  }

  /** When people are to be told that it opened, were nothing quiet; and whether that is to wake nobody. */
  #openingDue(
    route: ModelRoute,
    group: string,
    since: readonly Placed[],
    upTo = this.happened.length,
  ): { readonly due: number; readonly isQuiet: boolean } {
    const firstAt = (since[0]?.at ?? 0) + route.wait;
    const until = this.#quietUntil(route, group, since);
    if (until === 0) return { due: firstAt, isQuiet: false };
    const seen = since.find(({ kind, index }) => kind === 'told' && index < upTo);
    const loud = since.find((each) => each.index < upTo && this.#isLoud(since, each));
    if (seen === undefined) return { due: firstAt, isQuiet: loud === undefined };
    if (loud === undefined) return { due: until, isQuiet: true };
    return { due: loud.index < seen.index ? firstAt : Math.min(until, loud.at + route.wait), isQuiet: false };
  }

  /** Something of it is severe, was not there before, or is worse than was told quietly. */
  #isLoud(since: readonly Placed[], each: Placed): boolean {
    if (each.kind !== 'match' && each.kind !== 'update') return false;
    const member = this.#membersOf(since, each.index + 1).find(({ name }) => name === each.alert);
    if (member === undefined || !member.isNews) return false;
    const { told, episode } = member;
    const isWorse = told !== undefined && weight(member) > weight(told);
    return isWorse || episode === 1 || weight(member) >= MILD;
  }

  /** Whether it was looked at when it was due, since it was told quietly if it was, and not told: it was kept quiet. */
  #wasLookedAt(
    route: ModelRoute,
    group: string,
    since: readonly Placed[],
    when: (at: number, index: number) => boolean = () => true,
  ): boolean {
    const seen = since.find(({ kind }) => kind === 'told');
    // The newest look is the present one.
    const { length } = this.happened;
    const seenIndex = seen?.index ?? 0;
    const looks = since.filter(
      ({ kind, index }) => kind === 'look' && index > seenIndex && index < length - 1,
    );
    return looks.some((look) => {
      if (!when(look.at, look.index)) return false;
      if (look.at >= this.#openingDue(route, group, since, look.index).due) return true;
      const wasOver = this.#membersOf(since, look.index + 1).every(({ isOpen }) => !isOpen);
      return seen !== undefined && wasOver && look.at >= this.#endOfQuiet(route, since, seen);
    });
  }

  #hasWaited(route: ModelRoute, group: string, since: readonly Placed[]): boolean {
    const newest = since.findLast(({ kind }) => kind === 'match')?.index ?? 0;
    return this.#wasLookedAt(route, group, since, (at, index) => {
      const members = this.#membersOf(since, index + 1);
      return route.isMuted(at) && index > newest && members.every(({ isOpen }) => !isOpen);
    });
  }

  /** Whether all of a group is over: what tells of it closes it. */
  isOver(route: ModelRoute, group: string): boolean {
    return this.members(route, group).every(({ isOpen }) => !isOpen);
  }
}
