import { expect } from 'vitest';
import type { Notification } from '../../src/core/alert.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import type { Digest } from '../../src/core/digest.ts';
import { placeOf } from '../../src/core/notification-id.ts';

/** What stands at a far side once it took a delivery; it fails where a delivery makes no sense there. */
export interface Receiver {
  take(delivery: Delivery): void;
  /** What goes on there though all is over. */
  readonly open: readonly string[];
  /** Matches that it was told of. */
  readonly matches: number;
}

const OPENS: ReadonlySet<Notification['reason']> = new Set(['opened', 'grew', 'repeat', 'escalated']);

export function receiverOf(name: string): Receiver {
  if (name === 'pager') return new Pager();
  return name === 'siem' || name === 'list' ? new List() : new Chat(name === 'bot');
}

abstract class Counting implements Receiver {
  matches = 0;
  readonly #seen = new Set<string>();

  take(delivery: Delivery): void {
    expect(this.#seen.has(delivery.id), `${delivery.id} comes twice`).toBe(false);
    this.#seen.add(delivery.id);
    if (delivery.kind === 'digest') {
      this.matches += delivery.digest.totals.find(({ name }) => name === 'Matches')?.count ?? 0;
      this.digest(delivery.digest);
    }
    if (delivery.kind !== 'alert') return;
    const { notification } = delivery;
    if ((notification.part?.number ?? 1) === 1) this.matches += notification.newCount;
    this.notification(notification);
  }

  abstract readonly open: readonly string[];
  abstract notification(notification: Notification): void;
  abstract digest(digest: Digest): void;
}

/** Incidents by their key. What is resolved stays so: a new opening has a key of its own. */
class Pager extends Counting {
  readonly #incidents = new Map<string, 'triggered' | 'acknowledged' | 'resolved'>();

  notification({ reason, key = '', incident = 1, isAcknowledged, id }: Notification): void {
    const own = incident === 1 ? key : `${key}-${incident}`;
    const state = this.#incidents.get(own);
    if (OPENS.has(reason)) {
      expect(state, `${id} (${reason}) reopens a resolved incident`).not.toBe('resolved');
      if (reason !== 'repeat')
        expect(state, `${id} pages nobody: it is acknowledged`).not.toBe('acknowledged');
      this.#incidents.set(own, 'triggered');
    } else {
      expect(state, `${id} (${reason}) is of an incident that was never opened, or is over`).toMatch(
        /triggered|acknowledged/,
      );
      if (reason === 'resolved') this.#incidents.set(own, 'resolved');
      if (reason === 'acknowledged' && isAcknowledged === true) this.#incidents.set(own, 'acknowledged');
      expect(reason, 'a pager has no use for it').not.toBe('shrank');
    }
  }

  /** It is over as soon as it is told. */
  digest(): void {}

  get open(): readonly string[] {
    return [...this.#incidents].flatMap(([key, state]) => (state === 'resolved' ? [] : [key]));
  }
}

/** Alerts by fingerprint, firing or not, as a list for machines has them. */
class List extends Counting {
  readonly #firing = new Set<string>();

  notification({ alerts, reason, id }: Notification): void {
    if (reason === 'resolved')
      expect(
        alerts.every(({ state }) => state === 'resolved'),
        `${id} ends what goes on`,
      ).toBe(true);
    for (const { fingerprint, state } of alerts) {
      if (state === 'resolved') this.#firing.delete(fingerprint);
      else this.#firing.add(fingerprint);
    }
  }

  digest(): void {}

  get open(): readonly string[] {
    return [...this.#firing];
  }
}

/** Messages by opening. A bot changes its own; anywhere else an end is a message, or one of several in one. */
class Chat extends Counting {
  /** Whom each opening that is not over is about, as ends in a summary say it. */
  readonly #open = new Map<string, string>();
  readonly #known = new Set<string>();
  readonly #isBot: boolean;

  constructor(isBot: boolean) {
    super();
    this.#isBot = isBot;
  }

  notification({ reason, group, id, isQuiet, recurrence }: Notification): void {
    const { opening } = placeOf(id);
    if (reason === 'resolved') {
      expect(this.#known.has(opening), `${id} ends what was never begun here`).toBe(true);
      this.#open.delete(opening);
      return;
    }
    if (!OPENS.has(reason)) {
      expect(this.#isBot && this.#known.has(opening), `${id} (${reason}) has no message to change`).toBe(
        true,
      );
      return;
    }
    if (isQuiet === true) expect(this.#isBot && recurrence !== undefined, `${id} wakes somebody`).toBe(true);
    this.#open.set(opening, group['actor'] ?? '');
    this.#known.add(opening);
  }

  digest({ tables }: Digest): void {
    const over = tables.filter(({ title }) => title.startsWith('Over')).flatMap(({ rows }) => rows);
    const whose = new Set(over.map(({ name }) => name.split(' · ')[1] ?? ''));
    for (const [opening, actor] of this.#open) if (whose.has(actor)) this.#open.delete(opening);
  }

  get open(): readonly string[] {
    return [...this.#open.keys()];
  }
}
