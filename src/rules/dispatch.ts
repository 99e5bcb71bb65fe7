import type { Gate } from './gate.ts';
import type { Lookout } from './lookout.ts';
import type { Run } from './run.ts';
import type { Signal, Watch } from './watch.ts';

interface Post {
  readonly watch: Watch;
  /** By signal: who waits for it, as numbers. */
  readonly waiting: Map<Signal, number[]>;
}

/** Who need be asked about an event: those without a gate, and those of whose gate some signal is there. */
export class Dispatch<T> {
  readonly #members: readonly T[];
  readonly #always: readonly number[];
  readonly #posts: readonly Post[];

  constructor(members: readonly T[], gateOf: (member: T) => Gate | undefined, lookout: Lookout) {
    this.#members = members;
    this.#always = [...members.keys()].filter((number) => gateOf(at(members, number)) === undefined);
    const posts = new Map<Watch, Post>();
    for (const [number, member] of members.entries()) {
      for (const signal of gateOf(member)?.signals ?? []) waitFor(signal, number, lookout, posts);
    }
    this.#posts = [...posts.values()];
  }

  /** In the members' order. */
  candidates(run: Run): readonly T[] {
    const called = new Set(this.#always);
    for (const { watch, waiting } of this.#posts) {
      const { isOpen, seen } = run.sighting(watch);
      const signals = isOpen ? waiting.keys() : seen;
      for (const signal of signals) for (const number of waiting.get(signal) ?? []) called.add(number);
    }
    return [...called].sort((a, b) => a - b).map((number) => at(this.#members, number));
  }
}

function at<T>(members: readonly T[], number: number): T {
  const member = members[number];
  if (member === undefined) throw new RangeError(`there is no member ${number}`);
  return member;
}

function waitFor(signal: Signal, number: number, lookout: Lookout, posts: Map<Watch, Post>): void {
  const watch = lookout.ownerOf(signal);
  if (watch === undefined) throw new RangeError(`nobody watches for ${signal}`);
  const post = posts.get(watch) ?? { watch, waiting: new Map<Signal, number[]>() };
  posts.set(watch, post);
  const waiting = post.waiting.get(signal) ?? [];
  post.waiting.set(signal, waiting);
  waiting.push(number);
}
