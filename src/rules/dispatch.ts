import type { Gate } from './gate.ts';
import type { Lookout } from './lookout.ts';
import { FALSE, type Outcome } from './outcome.ts';
import type { Run } from './run.ts';
import type { Signal, Watch } from './watch.ts';

/** What must hold for a member to be called, and costs next to nothing to ask. */
export interface Guard {
  evaluate(run: Run): Outcome;
}

/** What a member waits for. */
export interface Terms {
  readonly gate: Gate | undefined;
  readonly guard: Guard | undefined;
}

/** More guards than this are not asked before a look: it costs less. */
const MAX_GUARDS = 4;

interface Post {
  readonly watch: Watch;
  /** Of all who wait; undefined stands for somebody without one. */
  readonly guards: Set<Guard | undefined>;
  /** By signal: who waits for it, as numbers. */
  readonly waiting: Map<Signal, number[]>;
}

/** Who need be asked about an event: those without a gate, and those of whose gate some signal is there. */
export class Dispatch<T> {
  readonly #members: readonly T[];
  readonly #always: readonly number[];
  readonly #posts: readonly Post[];

  constructor(members: readonly T[], termsOf: (member: T) => Terms, lookout: Lookout) {
    this.#members = members;
    this.#always = [...members.keys()].filter((number) => termsOf(at(members, number)).gate === undefined);
    const posts = new Map<Watch, Post>();
    for (const [number, member] of members.entries()) {
      const { gate, guard } = termsOf(member);
      for (const signal of gate?.signals ?? []) waitFor(signal, number, lookout, posts).guards.add(guard);
    }
    this.#posts = [...posts.values()];
  }

  /** In the members' order. */
  candidates(run: Run): readonly T[] {
    const called = new Set(this.#always);
    for (const { watch, waiting, guards } of this.#posts) {
      if (isRuledOut(guards, run)) continue;
      const { isOpen, seen } = run.sighting(watch);
      const signals = isOpen ? waiting.keys() : seen;
      for (const signal of signals) for (const number of waiting.get(signal) ?? []) called.add(number);
    }
    return [...called].sort((a, b) => a - b).map((number) => at(this.#members, number));
  }
}

function isRuledOut(guards: ReadonlySet<Guard | undefined>, run: Run): boolean {
  if (guards.size > MAX_GUARDS) return false;
  for (const guard of guards) if (guard === undefined || guard.evaluate(run).verdict !== FALSE) return false;
  return true;
}

function at<T>(members: readonly T[], number: number): T {
  const member = members[number];
  if (member === undefined) throw new RangeError(`there is no member ${number}`);
  return member;
}

function waitFor(signal: Signal, number: number, lookout: Lookout, posts: Map<Watch, Post>): Post {
  const watch = lookout.ownerOf(signal);
  if (watch === undefined) throw new RangeError(`nobody watches for ${signal}`);
  const post: Post = posts.get(watch) ?? { watch, waiting: new Map(), guards: new Set() };
  posts.set(watch, post);
  const waiting = post.waiting.get(signal) ?? [];
  post.waiting.set(signal, waiting);
  waiting.push(number);
  return post;
}
