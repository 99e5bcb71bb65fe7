import { inFileOrder, type PlacedFilter, type Selections, type Spot } from '../config/index.ts';
import { FEEDS, type Feed } from '../core/event.ts';
import type { Problem } from '../core/problem.ts';
import {
  ALERT_TERMS,
  type AlertOrigin,
  type CompiledFilter,
  canBe,
  conditionsIn,
  FEED_TERMS,
  ROUTE_TERMS,
  type TermTable,
  type Universe,
} from '../rules/index.ts';
import { type KnownNames, OWN_FEED, OWN_SOURCE, unknownNamesOf } from './known-names.ts';

export type { KnownNames };

type Placed = PlacedFilter<CompiledFilter>;

/** More routes than a person writes: those beyond are not compared with all that stand before them. */
const MOST_ROUTES = 300;

/**
 * The problems of a configuration, with what its filters can never select: names that nothing has, filters that no
 * alert passes, routes that none reaches, inhibitions that keep none quiet.
 * @param problems of the configuration's own reader, its filters' warnings among them
 */
export function withSelections(
  problems: readonly Problem[],
  selections: Selections<CompiledFilter>,
  known: KnownNames,
  file: string,
): readonly Problem[] {
  const judged = new Judge(problems, selections, known, file);
  judged.look();
  return judged.problems.toSorted(inFileOrder);
}

/** What a filter over alerts outside the configuration names that nothing has: of a silence made by hand. */
export function problemsOfFilter(
  filter: CompiledFilter,
  known: KnownNames,
  file: string,
): readonly Problem[] {
  return unknownNamesOf(filter, known, file);
}

/** A route that can be looked at, and where it stands in the list, from 1. */
type LiveRoute = Selections<CompiledFilter>['routes'][number] & {
  readonly number: number;
  readonly tree: CompiledFilter['tree'];
};

class Judge {
  problems: Problem[];
  readonly #selections: Selections<CompiledFilter>;
  readonly #known: KnownNames;
  readonly #file: string;

  constructor(
    problems: readonly Problem[],
    selections: Selections<CompiledFilter>,
    known: KnownNames,
    file: string,
  ) {
    this.problems = [...problems];
    this.#selections = selections;
    this.#known = known;
    this.#file = file;
  }

  look(): void {
    const { routes, silences, inhibitions } = this.#selections;
    const inRoutes = routes.flatMap(({ when }) => when ?? []);
    const inQuiet = [...silences, ...inhibitions.flatMap(({ source, target }) => [source, target])];
    // What such a filter leaves to others says nothing: it is to be mended first.
    const wrong = new Set([
      ...inRoutes.filter((placed) => !this.#isRight(placed, ROUTE_TERMS)),
      ...inQuiet.filter((placed) => placed !== undefined && !this.#isRight(placed, ALERT_TERMS)),
    ]);
    this.#unreached(wrong);
    for (const inhibition of inhibitions) this.#inhibition(inhibition, wrong);
  }

  /** Tells of a filter that selects nothing, or that names what is not there. @returns whether neither is an error */
  #isRight(placed: Placed, terms: TermTable): boolean {
    const { filter, spot } = placed;
    const names = unknownNamesOf(filter, this.#known, this.#file);
    this.problems.push(...names);
    if (names.some(({ severity }) => severity === 'error')) return false;
    const isPossible = canBe(filter.tree, [], this.#universe(terms));
    if (!isPossible) this.#never(placed);
    else if (!canBe(filter.tree, [], this.#universe(terms, 'with terms')))
      this.#warn('never-true', spot, `Never true: ${missing(filter, terms)}`);
    else if (!canBe(filter.tree, [], this.#universe(terms, 'read')))
      this.#warn(
        'never-true',
        spot,
        'Never true as things are: no source reads a feed whose alerts could pass this filter; add the feed, or remove this.',
      );
    return isPossible;
  }

  /** What was warned of already becomes what it is here: nothing is selected. */
  #never({ filter, spot }: Placed): void {
    const places = new Set(
      [...filter.origins.values()].map(({ place }) => `${place?.line}:${place?.column}`),
    );
    let found = false;
    this.problems = this.problems.map((problem) => {
      const isOwn = places.has(`${problem.line}:${problem.column}`) && NEVER.has(problem.code);
      if (!isOwn || problem.file !== this.#file) return problem;
      found = true;
      return { ...problem, severity: 'error' };
    });
    if (found) return;
    const message =
      'Never true: no alert can pass this filter: its conditions leave no value, or exclude each other; put alternatives under or.';
    this.#say('never-true', 'error', spot, message);
  }

  /** Routes that take no alert, or none that anybody was not told of by an earlier one. */
  #unreached(wrong: ReadonlySet<Placed | undefined>): void {
    const all = this.#selections.routes.slice(0, MOST_ROUTES);
    const routes = all.flatMap((route, index): LiveRoute[] => {
      if (route.isBroken || wrong.has(route.when)) return [];
      return [{ ...route, number: index + 1, tree: route.when?.filter.tree ?? EVERYTHING }];
    });
    for (const [index, route] of routes.entries()) {
      const earlier = routes.slice(0, index);
      // Of what stands behind a route that takes everything, the configuration's own reader tells.
      if (earlier.some(({ when, continue: goesOn }) => when === undefined && !goesOn)) return;
      const message = this.#whyUnreached(route, earlier);
      if (message !== undefined) this.#warn('unreachable-route', route.spot, message);
    }
  }

  #whyUnreached({ tree, to }: LiveRoute, earlier: readonly LiveRoute[]): string | undefined {
    const universe = this.#universe(ROUTE_TERMS);
    const passes = (others: readonly LiveRoute[], isWanted: (holding: readonly LiveRoute[]) => boolean) =>
      canBe(
        tree,
        others.map((other) => other.tree),
        universe,
        (holds) => isWanted(others.filter((_, i) => holds[i] === true)),
      );
    const isFree = (holding: readonly LiveRoute[]): boolean => holding.every((other) => other.continue);
    if (!passes(earlier, isFree)) {
      const taker = earlier.find((other) => !passes([other], isFree));
      const takes = taker === undefined ? 'routes before it take' : `route ${taker.number} takes`;
      return `no alert reaches this route: ${takes} every alert that it asks for; narrow them, add "continue: true" there, or move this one before`;
    }
    const isNews = (holding: readonly LiveRoute[]): boolean =>
      isFree(holding) && to.some((name) => holding.every((other) => !other.to.includes(name)));
    if (to.length === 0 || passes(earlier, isNews)) return undefined;
    return 'this route tells nobody: routes before it tell its destinations of every alert that reaches it, and each is told once; remove it, or move it before them';
  }

  #inhibition(
    { source, target, equal }: Selections<CompiledFilter>['inhibitions'][number],
    wrong: ReadonlySet<Placed | undefined>,
  ): void {
    if (source === undefined || target === undefined || wrong.has(source) || wrong.has(target)) return;
    const { spot } = target;
    const universe = this.#universe(ALERT_TERMS);
    if (!canBe(target.filter.tree, [source.filter.tree], universe, ([isSource]) => isSource !== true)) {
      const message =
        'this inhibition keeps nothing quiet: every alert that passes its target passes its source too, and such a one is never the target; narrow the source';
      this.#say('without-effect', 'error', spot, message);
      return;
    }
    const origins = this.#origins(ALERT_TERMS, 'read');
    for (const { term, spot: place } of equal) {
      if (!ALERT_TERMS.has(term) || origins.some(({ terms }) => terms?.has(term) !== false)) continue;
      this.#warn(
        'without-effect',
        place,
        `no source reads a feed whose alerts have ${term}; remove it, or add the feed`,
      );
    }
  }

  #universe(terms: TermTable, what?: 'with terms' | 'read'): Universe {
    return { terms, origins: this.#origins(terms, what) };
  }

  /** @param what terms of their feeds only, and feeds that some source reads only */
  #origins(terms: TermTable, what?: 'with terms' | 'read'): readonly AlertOrigin[] {
    const { sources } = this.#selections;
    const only = (feed: string) => (what === undefined ? {} : { terms: termsOf(feed, terms) });
    const own: AlertOrigin = { source: OWN_SOURCE, feed: OWN_FEED, ...only(OWN_FEED) };
    if (sources === undefined) return [...FEEDS.map((feed) => ({ feed, ...only(feed) })), own];
    const read = sources.flatMap(({ name, feeds = FEEDS }) => {
      const all: readonly Feed[] = what === 'read' ? feeds : FEEDS;
      return all.map((feed) => ({ source: name, feed, ...only(feed) }));
    });
    return [...read, own];
  }

  #warn(code: string, spot: Spot, message: string): void {
    this.#say(code, 'warning', spot, message);
  }

  #say(code: string, severity: Problem['severity'], { line, column }: Spot, message: string): void {
    this.problems.push({ code, severity, message, file: this.#file, line, column });
  }
}

const NEVER: ReadonlySet<string> = new Set(['never-true', 'misfit-operator']);
const EVERYTHING = { kind: 'constant', holds: true } as const;

/** Every alert has these. */
const COMMON = ['rule', 'rule_name', 'severity', 'source', 'feed'];
/** Those of events have these besides: the rule's, or the event's. */
const OF_RULES = ['category', 'sub_category', 'count'];

function termsOf(feed: string, terms: TermTable): ReadonlySet<string> {
  const own = FEEDS.find((name) => name === feed);
  if (own === undefined) return new Set([...COMMON, 'count']);
  const more = own === 'malicious_events' ? ['status_code'] : [];
  return new Set(
    [...COMMON, ...OF_RULES, ...FEED_TERMS[own].keys(), ...more].filter((term) => terms.has(term)),
  );
}

function missing({ tree }: CompiledFilter, terms: TermTable): string {
  const asked = [...new Set(conditionsIn(tree).map(({ term }) => term))];
  const special = asked.filter((term) => !FEEDS.every((feed) => termsOf(feed, terms).has(term)));
  return `alerts of one feed never have all that this filter asks for (${special.join(', ')}); see which feed has which terms, and put alternatives under or.`;
}
