import type { Notification, StoredAlert } from '../../core/alert.ts';
import type { Digest } from '../../core/digest.ts';
import type { Event, Feed, FeedName } from '../../core/event.ts';
import type { FeedState } from '../../core/feed-state.ts';
import type { Cursor } from '../../core/source.ts';
import {
  type AlertGroup,
  type BackfillState,
  type GroupMember,
  type InhibitingAlert,
  type JudgedEvent,
  type MemberTotals,
  type OpenCount,
  type OutboxRow,
  type OverflowCount,
  type PendingCount,
  type StoredSilence,
  type StoredWindow,
  StoreError,
  type StoreTx,
  type TakenNotification,
  type UnheardCount,
  type WaitingTaken,
  type WindowKey,
} from '../../core/store.ts';
import * as alerts from './alerts.ts';
import * as counts from './counts.ts';
import type { Database } from './database.ts';
import * as members from './members.ts';
import * as outbox from './outbox.ts';
import * as overflow from './overflow.ts';
import { usedBytes } from './prune.ts';
import * as quiet from './quiet.ts';
import { int, json } from './row.ts';
import * as story from './story.ts';

/** An event as its tables hold it: what is JSON there is JSON here. */
export interface EventRow {
  readonly event: Omit<Event, 'raw'>;
  readonly rules: string;
  readonly raw: string;
}

export function toEventRow({ event: { raw, ...event }, rules }: JudgedEvent): EventRow {
  return { event, rules: JSON.stringify(rules), raw: JSON.stringify(raw) };
}

/** The same of a window. */
export interface WindowRow extends Omit<StoredWindow, 'state'> {
  readonly state: string;
}

export function toWindowRow({ state, ...window }: StoredWindow): WindowRow {
  return { ...window, state: JSON.stringify(state) };
}

/** What one transaction can do. SQLite answers at once; the port is asynchronous for stores that do not. */
export class SqliteTx implements StoreTx {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async insertEvents(events: readonly JudgedEvent[], nowMs: number, polledMs?: number): Promise<void> {
    await this.insertEventRows(events.map(toEventRow), nowMs, polledMs);
  }

  async insertEventRows(rows: readonly EventRow[], nowMs: number, polledMs?: number): Promise<void> {
    for (const { event, rules, raw } of rows) {
      const inserted = this.#db.get(
        `INSERT INTO events (id, source, feed, feed_id, revision, time_ms, committed_ms, rules, polled_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING seq`,
        event.id,
        event.source,
        event.feed,
        event.feedId,
        event.revision ?? null,
        event.timeMs,
        nowMs,
        rules,
        polledMs ?? null,
      );
      if (inserted === undefined)
        throw new StoreError('conflict', `event ${event.id} was committed by somebody else`);
      this.#db.run('INSERT INTO payloads (seq, raw) VALUES (?, ?)', int(inserted, 'seq'), raw);
    }
  }

  async writeCursor(source: string, feed: Feed, cursor: Cursor, nowMs: number): Promise<void> {
    this.#db.run(
      `INSERT INTO cursors (source, feed, cursor, updated_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET cursor = excluded.cursor, updated_ms = excluded.updated_ms`,
      source,
      feed,
      JSON.stringify(cursor),
      nowMs,
    );
  }

  async readFeedState({ source, feed }: FeedName): Promise<FeedState | undefined> {
    const row = this.#db.get('SELECT body FROM feeds WHERE source = ? AND feed = ?', source, feed);
    return row === undefined ? undefined : json<FeedState>(row, 'body');
  }

  async writeFeedState(state: FeedState, nowMs: number): Promise<void> {
    this.#db.run(
      `INSERT INTO feeds (source, feed, body, updated_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET body = excluded.body, updated_ms = excluded.updated_ms`,
      state.source,
      state.feed,
      JSON.stringify(state),
      nowMs,
    );
  }

  async writeBackfill(state: BackfillState, nowMs: number): Promise<void> {
    this.#db.run(
      `INSERT INTO backfills (id, body, updated_ms) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET body = excluded.body, updated_ms = excluded.updated_ms`,
      state.id,
      JSON.stringify(state),
      nowMs,
    );
  }

  async insertDigest(digest: Digest): Promise<void> {
    this.#db.run(
      'INSERT INTO digests (id, body, created_ms) VALUES (?, ?, ?)',
      digest.id,
      JSON.stringify(digest),
      digest.createdAtMs,
    );
  }

  async readWindows(keys: readonly WindowKey[]): Promise<readonly StoredWindow[]> {
    return story.readWindows(this.#db, keys);
  }

  async writeWindows(windows: readonly StoredWindow[]): Promise<void> {
    await this.writeWindowRows(windows.map(toWindowRow));
  }

  async writeWindowRows(rows: readonly WindowRow[]): Promise<void> {
    for (const row of rows) {
      this.#db.run(
        `INSERT INTO windows (rule, condition, group_key, state, expires_ms) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET state = excluded.state, expires_ms = excluded.expires_ms`,
        row.rule,
        row.condition,
        row.group,
        row.state,
        row.expiresMs,
      );
    }
  }

  async readAlerts(fingerprints: readonly string[]): Promise<readonly StoredAlert[]> {
    return alerts.readAlerts(this.#db, fingerprints);
  }

  async writeAlerts(changed: readonly StoredAlert[], nowMs: number): Promise<void> {
    await this.writeAlertRows(changed.map(alerts.toAlertRow), nowMs);
  }

  async writeAlertRows(rows: readonly alerts.AlertRow[], nowMs: number): Promise<void> {
    alerts.writeAlertRows(this.#db, rows, nowMs);
  }

  async feedsWithAlerts(nowMs: number): ReturnType<StoreTx['feedsWithAlerts']> {
    return alerts.feedsWithAlerts(this.#db, nowMs);
  }

  async quietAlerts(...args: Parameters<StoreTx['quietAlerts']>): Promise<readonly StoredAlert[]> {
    return alerts.quietAlerts(this.#db, ...args);
  }

  async putOffAlerts(...args: Parameters<StoreTx['putOffAlerts']>): Promise<void> {
    alerts.putOffAlerts(this.#db, ...args);
  }

  async rulesWithAlerts(): ReturnType<StoreTx['rulesWithAlerts']> {
    return alerts.rulesWithAlerts(this.#db);
  }

  async alertsOfRule(...args: Parameters<StoreTx['alertsOfRule']>): Promise<readonly StoredAlert[]> {
    return alerts.alertsOfRule(this.#db, ...args);
  }

  async openAlerts(limit: number): Promise<readonly StoredAlert[]> {
    return alerts.openAlerts(this.#db, limit);
  }

  async inhibitingAlerts(dueByMs: number, limit: number): Promise<readonly InhibitingAlert[]> {
    return members.inhibitingAlerts(this.#db, dueByMs, limit);
  }

  async countOpenAlerts(): Promise<readonly OpenCount[]> {
    return counts.countOpenAlerts(this.#db);
  }

  async countWindows(nowMs: number): Promise<readonly OpenCount[]> {
    return counts.countWindows(this.#db, nowMs);
  }

  async countMembers(): Promise<number> {
    return counts.countMembers(this.#db);
  }

  async openAmong(fingerprints: readonly string[]): Promise<readonly string[]> {
    return counts.openAmong(this.#db, fingerprints);
  }

  async usedBytes(): Promise<number> {
    return usedBytes(this.#db);
  }

  async groupsOf(fingerprint: string): Promise<readonly AlertGroup[]> {
    return members.groupsOf(this.#db, fingerprint);
  }

  async readGroups(ids: readonly string[]): Promise<readonly AlertGroup[]> {
    return ids.flatMap((id) => {
      const row = this.#db.get('SELECT body FROM groups WHERE id = ?', id);
      return row === undefined ? [] : [json<AlertGroup>(row, 'body')];
    });
  }

  async writeGroups(groups: readonly AlertGroup[], nowMs: number): Promise<void> {
    members.writeGroups(this.#db, groups, nowMs);
  }

  async groupsAt(places: readonly string[]): Promise<readonly AlertGroup[]> {
    return members.groupsAt(this.#db, places);
  }

  async openGroupsOf(fingerprints: readonly string[]): ReturnType<StoreTx['openGroupsOf']> {
    return members.openGroupsOf(this.#db, fingerprints);
  }

  async addPending(counts: readonly PendingCount[]): Promise<void> {
    members.addPending(this.#db, counts);
  }

  async dueGroups(nowMs: number, limit: number): Promise<readonly AlertGroup[]> {
    return members.dueGroups(this.#db, nowMs, limit);
  }

  async readMembers(group: string, limit: number): Promise<readonly GroupMember[]> {
    return members.readMembers(this.#db, group, limit);
  }

  async readTold(
    asked: readonly { readonly group: string; readonly fingerprint: string }[],
  ): Promise<readonly GroupMember['told'][]> {
    return members.readTold(this.#db, asked);
  }

  async memberTotals(group: string, except: readonly string[]): Promise<MemberTotals> {
    return members.memberTotals(this.#db, group, except);
  }

  async markTold(group: string, except: readonly string[]): Promise<void> {
    members.markTold(this.#db, group, except);
  }

  async markSeen(group: string, except: readonly string[]): Promise<void> {
    members.markSeen(this.#db, group, except);
  }

  async markEnded(group: string, except: readonly string[]): Promise<void> {
    members.markEnded(this.#db, group, except);
  }

  async dissolve(group: string): Promise<readonly { readonly rule: string; readonly count: number }[]> {
    return members.dissolve(this.#db, group);
  }

  async addUnheard(counts: readonly UnheardCount[], nowMs: number): Promise<void> {
    quiet.addUnheard(this.#db, counts, nowMs);
  }

  async writeSilence(silence: StoredSilence): Promise<void> {
    quiet.writeSilence(this.#db, silence);
  }

  async readSilences(nowMs: number): Promise<readonly StoredSilence[]> {
    return quiet.silencesAfter(this.#db, nowMs);
  }

  async readBucket(destination: string): ReturnType<StoreTx['readBucket']> {
    return overflow.readBucket(this.#db, destination);
  }

  async writeBucket(destination: string, bucket: Parameters<StoreTx['writeBucket']>[1]): Promise<void> {
    overflow.writeBucket(this.#db, destination, bucket);
  }

  async takeWaiting(taking: WaitingTaken, nowMs: number): Promise<readonly TakenNotification[]> {
    return overflow.takeWaiting(this.#db, taking, nowMs);
  }

  async isNotificationWaiting(destination: string, opening: string): Promise<boolean> {
    return overflow.isNotificationWaiting(this.#db, destination, opening);
  }

  async countWaiting(destination: string): ReturnType<StoreTx['countWaiting']> {
    return overflow.countWaiting(this.#db, destination);
  }

  async isDigestWaiting(destination: string, kind: Digest['kind']): Promise<boolean> {
    return overflow.isDigestWaiting(this.#db, destination, kind);
  }

  async hasOverflow(destination: string): Promise<boolean> {
    return this.#db.get('SELECT 1 FROM overflow WHERE destination = ? LIMIT 1', destination) !== undefined;
  }

  async addOverflow(destination: string, counts: readonly OverflowCount[], nowMs: number): Promise<void> {
    overflow.addOverflow(this.#db, destination, counts, nowMs);
  }

  async takeOverflow(destination: string): ReturnType<StoreTx['takeOverflow']> {
    return overflow.takeOverflow(this.#db, destination);
  }

  async insertNotification(notification: Notification): Promise<void> {
    this.#db.run(
      'INSERT INTO notifications (id, body, created_ms) VALUES (?, ?, ?)',
      notification.id,
      JSON.stringify(notification),
      notification.createdAtMs,
    );
  }

  async enqueue(rows: readonly OutboxRow[], nowMs: number): Promise<void> {
    outbox.enqueue(this.#db, rows, nowMs);
  }
}
