import { type Clock, systemClock } from '../core/clock.ts';
import type { Delivery, ItemOutcome } from '../core/delivery.ts';
import type { Feed, FeedName } from '../core/event.ts';
import type { FeedState } from '../core/feed-state.ts';
import type { Problem } from '../core/problem.ts';
import { formatProblem } from '../core/problem.ts';
import type { Severity } from '../core/severity.ts';
import type { FeedProgress } from '../core/source.ts';
import type { DeliveryState, PruneReport } from '../core/store.ts';
import { createFew } from './few.ts';
import type { Logger } from './logger.ts';
import { createMetrics, type Wait } from './metrics.ts';
import { createStatus } from './status.ts';

/** How many single rows or ids one log line names; the counters know them all. */
const NAMED = 5;

/** Exactly the labels a series has: callers pass whole events, and the metrics library throws on more. */
function labels({ source, feed }: FeedName): { source: string; feed: Feed } {
  return { source, feed };
}

/** How many deliveries of a destination are in one state, and when the oldest was enqueued; wall time. */
interface QueueCount {
  readonly destination: string;
  readonly state: DeliveryState;
  readonly count: number;
  readonly oldestMs?: number;
}

/** One function a business fact: what it counts, and what an operator reads of it. */
export function createTelemetry(logger: Logger, clock: Clock = systemClock) {
  const status = createStatus();
  const few = createFew(logger, clock);
  /** By destination; wall time. */
  const waitingSince = new Map<string, number>();
  const waits = (): Wait[] =>
    [...waitingSince].map(([destination, sinceMs]) => ({
      destination,
      seconds: Math.max(0, clock.now() - sinceMs) / 1_000,
    }));
  const metrics = createMetrics(() => status.lags(clock.now()), waits);
  return {
    logger,
    metrics,
    /** What `/readyz` shows. */
    status: () => status.snapshot(clock.now()),

    watching(feeds: readonly FeedName[], destinations: readonly string[]): void {
      for (const gauge of [
        metrics.feedHealthy,
        metrics.lastSuccess,
        metrics.gapsOpen,
        metrics.held,
        metrics.inFlight,
        metrics.overBudget,
      ])
        gauge.reset();
      status.expect(feeds, destinations);
    },

    /** What an earlier run left written down: a restart forgets neither lag nor gaps. */
    feedsRemembered(states: readonly FeedState[]): void {
      for (const state of states) {
        if (!status.knows(state)) continue;
        status.progress(state, state);
        metrics.gapsOpen.set(labels(state), state.gaps.length);
        if (state.lastReadMs !== undefined) metrics.lastSuccess.set(labels(state), state.lastReadMs / 1_000);
      }
    },

    pageCommitted(
      name: FeedName,
      page: {
        fresh: number;
        repeated: number;
        rejected: readonly string[];
        matched: number;
        late: number;
        progress: FeedProgress | undefined;
      },
    ): void {
      metrics.late.inc(labels(name), page.late);
      if (page.progress !== undefined) {
        const { readToMs, gaps } = page.progress;
        status.progress(name, { readToMs, gaps });
        metrics.gapsOpen.set(labels(name), gaps.length);
      }
      metrics.events.inc(labels(name), page.fresh);
      metrics.repeated.inc(labels(name), page.repeated);
      metrics.rejected.inc(labels(name), page.rejected.length);
      if (page.rejected.length > 0) {
        logger.warn(
          { ...labels(name), rejected: page.rejected.length, first: page.rejected.slice(0, NAMED) },
          'rows could not be understood',
        );
      }
      if (page.fresh > 0)
        logger.info({ ...labels(name), events: page.fresh, matched: page.matched }, 'events committed');
    },

    /** `behind`: its time was up before the feed's end. */
    pollSucceeded(name: FeedName, result: 'read' | 'behind', atMs: number): void {
      metrics.polls.inc({ ...labels(name), outcome: 'ok' });
      if (result === 'read') metrics.lastSuccess.set(labels(name), atMs / 1_000);
      metrics.feedHealthy.set(labels(name), 1);
      status.feed(name, undefined);
      if (result === 'read') status.progress(name, { lastReadMs: atMs });
    },

    pollFailed(
      name: FeedName,
      outcome: string,
      message: string,
      retryInMs: number,
      frames?: readonly string[],
    ): void {
      metrics.polls.inc({ ...labels(name), outcome });
      metrics.feedHealthy.set(labels(name), 0);
      // Said once for all feeds, when it began: by overBudget, or by storeFailed.
      if (outcome === 'blocked' || outcome === 'store') {
        logger.debug({ ...labels(name), outcome, retryInMs }, message);
        return;
      }
      status.feed(name, message);
      const where = frames === undefined ? {} : { frames };
      logger.error({ ...labels(name), outcome, retryInMs, ...where }, `poll failed: ${message}`);
    },

    pollCutShort(name: FeedName, why: 'deadline' | 'stopping'): void {
      metrics.polls.inc({ ...labels(name), outcome: 'aborted' });
      if (why === 'deadline')
        logger.warn(labels(name), 'poll reached its deadline; it goes on from the last committed page');
    },

    payloadUndecodable(name: FeedName, event: string, reason: string): void {
      metrics.undecodable.inc(labels(name));
      few.log('debug', labels(name), { event, reason }, 'payload does not decode');
    },

    ruleQuarantined(rule: string, reason: string, lastsMs: number): void {
      metrics.quarantines.inc({ rule });
      logger.error(
        { rule, reason, lastsMs },
        'rule quarantined: it overran its bounds again and again and is not asked for a while',
      );
    },

    /** The event goes on without a verdict: one bad event must not stop its feed. */
    eventUnjudged(name: FeedName, event: string, frames: readonly string[]): void {
      metrics.ruleFailures.inc({ rule: '*' });
      few.log(
        'error',
        labels(name),
        { event, frames },
        'no rule could judge this event; this is a bug in Tocsin, please report it',
      );
    },

    ruleMatched(rule: string): void {
      metrics.matches.inc({ rule });
    },

    ruleFailed(rule: string): void {
      metrics.ruleFailures.inc({ rule });
    },

    /** Of one page of events. */
    rulesFailed(
      failures: number,
      rules: ReadonlySet<string>,
      first: { readonly event: string; readonly reason: string } | undefined,
    ): void {
      if (failures === 0) return;
      logger.warn({ failures, rules: [...rules].slice(0, NAMED), first }, 'rules gave no verdict');
    },

    alertsOpened(alerts: readonly { rule: string; fingerprint: string }[]): void {
      for (const { rule } of alerts) metrics.alertsOpened.inc({ rule });
      const rules = [...new Set(alerts.map(({ rule }) => rule))].slice(0, NAMED);
      if (alerts.length > 0) logger.info({ alerts: alerts.length, rules }, 'alerts opened');
      for (const { rule, fingerprint } of alerts.slice(0, NAMED))
        logger.debug({ rule, alert: fingerprint }, 'alert opened');
    },

    /** `spread`: what became of it at each of its destinations. */
    notified(
      notification: { id: string; reason: string; route: string; newCount: number },
      spread: readonly string[],
    ): void {
      metrics.notifications.inc({ reason: notification.reason });
      const { id, route, reason, newCount } = notification;
      few.log(
        'info',
        {},
        { notification: id, route, reason, matches: newCount, spread },
        'notification decided',
      );
    },

    /** A group was due and nobody was told. */
    groupDecided(route: string, action: string, reason: string): void {
      metrics.quieted.inc({ reason });
      few.log('debug', {}, { route, action, reason }, 'nobody was told of a group that was due');
    },

    alertsResolved(alerts: readonly { rule: string; resolvedBecause?: string }[]): void {
      for (const { rule } of alerts) metrics.alertsResolved.inc({ rule });
      const unwatched = alerts.filter(({ resolvedBecause }) => resolvedBecause === 'unwatched').length;
      if (alerts.length > unwatched) logger.info({ alerts: alerts.length - unwatched }, 'alerts resolved');
      if (unwatched > 0) logger.info({ alerts: unwatched }, 'alerts ended that are no longer watched');
    },

    summedUp(digest: { id: string; totals: readonly { name: string; count: number }[] }): void {
      logger.info(
        { digest: digest.id, matches: digest.totals[0]?.count },
        'what had no message of its own was summed up',
      );
    },

    /** Of a schedule; it waits for its destinations. */
    digestMade(made: {
      readonly digest: string;
      readonly id: string;
      readonly destinations: readonly string[];
      readonly notes: number;
    }): void {
      metrics.digests.inc({ digest: made.digest });
      logger.info(made, 'digest made');
    },

    /** A source was to say what else it knows of an alert. */
    enriched(source: string, outcome: 'whole' | 'partial' | 'late' | 'skipped' | 'failed'): void {
      metrics.enrichments.inc({ source, outcome });
      if (outcome === 'late')
        few.log(
          'warn',
          { source },
          {},
          'source did not say in time what it knows of an alert; it is told without',
        );
    },

    delivered(destination: string, outcome: ItemOutcome['kind'], count: number): void {
      metrics.deliveries.inc({ destination, outcome }, count);
    },

    /** @param why reading waits for it; undefined once it does not any more */
    overBudget(destination: string, why: string | undefined): void {
      metrics.overBudget.set({ destination }, why === undefined ? 0 : 1);
      status.blocked(destination, why);
      if (why !== undefined) logger.error({ destination }, `reading stopped: ${why}`);
      else logger.info({ destination }, 'reading goes on: what waits is within the budget again');
    },

    /** Of one look. */
    shed(destination: string, { count, bytes }: { count: number; bytes: number }, reason: string): void {
      metrics.shed.inc({ destination }, count);
      logger.error(
        { destination, deliveries: count, bytes, reason },
        'deliveries were shed: the oldest went to the dead letters unsent',
      );
    },

    inFlight(destination: string, limit: number): void {
      metrics.inFlight.set({ destination }, limit);
    },

    deliveryFailed(destination: string, count: number, reason: string, retryInMs: number): void {
      few.log(
        'warn',
        { destination },
        { deliveries: count, reason, retryInMs },
        'delivery failed and will be tried again',
      );
    },

    templateFailed(destination: string, reason: string): void {
      metrics.templateFailures.inc({ destination });
      few.log(
        'error',
        { destination },
        { reason },
        'template failed; the built-in message is sent in its place',
      );
    },

    abandoned(count: number): void {
      if (count > 0)
        logger.error({ deliveries: count }, 'deliveries of removed destinations went to the dead letters');
    },

    /** A reload or a start without a destination that was told of groups which are still open. */
    leftOpen(destination: string, count: number): void {
      const incidents = count === 1 ? '1 incident stays' : `${count} incidents stay`;
      logger.warn(
        { destination, incidents: count },
        `${incidents} open at a destination that is no longer in the configuration: close them there, or bring it back under its name`,
      );
    },

    /** A destination took a notification of news. @param shownMs when a feed showed the oldest of it; wall time */
    heard(destination: string, severity: Severity, shownMs: number, nowMs: number): void {
      metrics.timeToPage.observe({ destination, severity }, Math.max(0, nowMs - shownMs) / 1_000);
    },

    deadLettered(destination: string, kind: Delivery['kind'], id: string, reason: string): void {
      few.log('error', { destination }, { kind, delivery: id, reason }, 'delivery went to the dead letters');
    },

    destinationHeld(destination: string, reason: string, probeInMs: number): void {
      metrics.deliveries.inc({ destination, outcome: 'hold' });
      metrics.held.set({ destination }, 1);
      status.destination(destination, reason);
      logger.error(
        { destination, reason, probeInMs },
        'destination held: it takes nothing until somebody acts',
      );
    },

    /** It is not held; worth a line only after it was. */
    destinationWorks(destination: string): void {
      metrics.held.set({ destination }, 0);
      if (status.destination(destination, undefined))
        logger.info({ destination }, 'destination takes deliveries again');
    },

    storeFailed(kind: string, message: string): void {
      metrics.storeHealthy.set(0);
      const ongoing = status.storeFailing() !== undefined;
      status.store({ kind, message });
      logger[ongoing ? 'debug' : 'error']({ kind }, `store failed: ${message}`);
    },

    /**
     * A write went through; worth a line only after one that did not. One that adds nothing to the
     * store proves nothing about a full one.
     */
    storeWorked(write: 'grew' | 'changed'): void {
      if (write === 'changed' && status.storeFailing() === 'full') return;
      metrics.storeHealthy.set(1);
      if (status.store(undefined)) logger.info('store takes writes again');
    },

    /** After each look at the store, some times a minute: what the log has left out is said then, too. */
    pruned(report: PruneReport): void {
      few.flush();
      metrics.storeBytes.set(report.bytes);
      if (report.deletedEvents + report.clearedPayloads > 0)
        logger.debug({ ...report }, 'old records pruned');
    },

    queued(counts: readonly QueueCount[]): void {
      metrics.outbox.reset();
      waitingSince.clear();
      for (const { destination, state, oldestMs } of counts)
        if (state === 'pending' && oldestMs !== undefined) waitingSince.set(destination, oldestMs);
      for (const { destination, state, count } of counts) metrics.outbox.set({ destination, state }, count);
    },

    unexpected(where: string, frames: readonly string[]): void {
      logger.error(
        { where, frames },
        'unexpected error; it is tried again, and this is a bug in Tocsin, please report it',
      );
    },

    reloaded(): void {
      metrics.reloads.inc({ outcome: 'applied' });
      logger.info('configuration reloaded');
    },

    reloadRefused(problems: readonly Problem[]): void {
      metrics.reloads.inc({ outcome: 'refused' });
      logger.error(
        { problems: problems.map(formatProblem) },
        'reload refused; the running configuration stays',
      );
    },
  };
}

export type Telemetry = ReturnType<typeof createTelemetry>;
