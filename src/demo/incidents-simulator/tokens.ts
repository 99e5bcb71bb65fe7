import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { hex } from '../http-hazards/seeded.ts';
import type { IncidentsHazards } from './hazards.ts';

interface Issued {
  readonly atMs: number;
  uses: number;
}

/** Which tokens the service takes: the given one, and those it issued, until they end or are revoked. */
export class Tokens {
  readonly #issued = new Map<string, Issued>();
  readonly #clock: Clock;
  readonly #random: Random;
  #given: string | undefined;
  issuedCount = 0;

  constructor(given: string | undefined, clock: Clock, random: Random) {
    this.#given = given;
    this.#clock = clock;
    this.#random = random;
  }

  issue(): string {
    const token = hex(this.#random, 40);
    this.#issued.set(token, { atMs: this.#clock.now(), uses: 0 });
    this.issuedCount += 1;
    return token;
  }

  /** Counts a use. The given token never ends by itself. */
  accepts(authorization: string | undefined, { tokenUses, tokenLifeMs }: IncidentsHazards): boolean {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
    if (token === undefined) return false;
    if (token === this.#given) return true;
    const issued = this.#issued.get(token);
    if (issued === undefined) return false;
    issued.uses += 1;
    return issued.uses <= tokenUses && this.#clock.now() - issued.atMs < tokenLifeMs;
  }

  /** Every token that there is, the given one too; only a new one is taken from now on. */
  revokeAll(): void {
    this.#issued.clear();
    this.#given = undefined;
  }
}
