/**
 * Forward only: migration N takes a database from version N to N + 1. One that was released is
 * never edited; `PRAGMA user_version` remembers how far a database has come.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    feed TEXT NOT NULL,
    feed_id TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    committed_ms INTEGER NOT NULL,
    rules TEXT NOT NULL             -- the rules that matched, as JSON
  ) STRICT;
  CREATE INDEX events_committed ON events (committed_ms);
  CREATE INDEX events_time ON events (source, feed, time_ms);

  -- Apart from their events, so that clearing the oldest frees whole pages and not holes in them.
  CREATE TABLE payloads (
    seq INTEGER PRIMARY KEY REFERENCES events (seq) ON DELETE CASCADE,
    raw TEXT NOT NULL
  ) STRICT;

  CREATE TABLE cursors (
    source TEXT NOT NULL,
    feed TEXT NOT NULL,
    cursor TEXT NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (source, feed)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE windows (
    rule TEXT NOT NULL,
    condition INTEGER NOT NULL,
    group_key TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (rule, condition, group_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX windows_expires ON windows (expires_ms);

  CREATE TABLE alerts (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    severity INTEGER NOT NULL,      -- rank, highest worst
    body TEXT NOT NULL,
    updated_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    due_ms INTEGER,
    updated_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX groups_due ON groups (due_ms) WHERE due_ms IS NOT NULL;

  CREATE TABLE pending_counts (
    group_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (group_id, fingerprint)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE notifications (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('event', 'alert')),
    delivery_id TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    enqueued_ms INTEGER NOT NULL,
    settled_ms INTEGER,
    UNIQUE (destination, delivery_id)
  ) STRICT;
  CREATE INDEX outbox_pending ON outbox (destination, due_ms, seq) WHERE state = 'pending';
  CREATE INDEX outbox_unsettled ON outbox (delivery_id) WHERE state <> 'done';
  CREATE INDEX outbox_settled ON outbox (settled_ms) WHERE state <> 'pending';
  `,
  `
  -- Pruning looks for the oldest; an attacker who makes many alerts must not make that slow.
  CREATE INDEX alerts_updated ON alerts (updated_ms);
  CREATE INDEX groups_quiet ON groups (updated_ms) WHERE due_ms IS NULL;
  CREATE INDEX notifications_created ON notifications (created_ms);
  CREATE INDEX pending_counts_alert ON pending_counts (fingerprint);
  CREATE INDEX outbox_done ON outbox (settled_ms) WHERE state = 'done';
  `,
  `
  -- Objects that change: all revisions of one share its feed_id.
  ALTER TABLE events ADD COLUMN revision TEXT;
  CREATE INDEX events_object ON events (source, feed, feed_id) WHERE revision IS NOT NULL;

  CREATE TABLE feeds (
    source TEXT NOT NULL,
    feed TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (source, feed)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE backfills (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    updated_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE digests (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX digests_created ON digests (created_ms);

  CREATE INDEX alerts_opened ON alerts (body ->> '$.openedAtMs');

  -- A table cannot lose a check: kind is for the code to know.
  CREATE TABLE outbox_anew (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    kind TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    enqueued_ms INTEGER NOT NULL,
    settled_ms INTEGER,
    UNIQUE (destination, delivery_id)
  ) STRICT;
  INSERT INTO outbox_anew (seq, destination, kind, delivery_id, state, attempts, due_ms, lease_until_ms, reason, enqueued_ms, settled_ms)
    SELECT seq, destination, kind, delivery_id, state, attempts, due_ms, lease_until_ms, reason, enqueued_ms, settled_ms FROM outbox;
  -- Numbers that operators have seen are not given away again.
  UPDATE sqlite_sequence SET seq = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) WHERE name = 'outbox_anew';
  DROP TABLE outbox;
  ALTER TABLE outbox_anew RENAME TO outbox;
  CREATE INDEX outbox_pending ON outbox (destination, due_ms, seq) WHERE state = 'pending';
  CREATE INDEX outbox_unsettled ON outbox (delivery_id) WHERE state <> 'done';
  CREATE INDEX outbox_settled ON outbox (settled_ms) WHERE state <> 'pending';
  CREATE INDEX outbox_done ON outbox (settled_ms) WHERE state = 'done';
  CREATE INDEX outbox_dead ON outbox (settled_ms) WHERE state = 'dead';
  `,
  `
  -- Alerts end: when each is over unless it matches again, and null once it is.
  ALTER TABLE alerts ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
  ALTER TABLE alerts ADD COLUMN due_ms INTEGER;
  ALTER TABLE alerts ADD COLUMN episode INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE alerts ADD COLUMN last_seen_ms INTEGER NOT NULL DEFAULT 0;  -- event time
  UPDATE alerts SET due_ms = updated_ms + 3600000, last_seen_ms = coalesce(body ->> '$.lastSeenMs', 0),
    body = json_set(body, '$.state', 'open', '$.episode', 1, '$.matchedAtMs', updated_ms, '$.resolveAfterMs', 3600000,
      '$.labels', json_patch(body -> '$.group', json_object('rule', body ->> '$.rule', 'rule_name', body ->> '$.ruleName',
        'source', body ->> '$.source', 'feed', body ->> '$.feed')),
      '$.actors', json('{"count":0}'), '$.apis', json('{"count":0}'), '$.seen', json('{"actors":[],"apis":[]}'));
  CREATE INDEX alerts_due ON alerts (due_ms) WHERE due_ms IS NOT NULL;
  CREATE INDEX alerts_open ON alerts (severity DESC) WHERE state <> 'resolved';

  CREATE INDEX groups_written ON groups (updated_ms) WHERE due_ms IS NOT NULL;

  -- What each group has told of each of its alerts.
  CREATE TABLE group_members (
    group_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    count INTEGER NOT NULL,         -- matches not told of
    told_episode INTEGER,
    told_severity INTEGER,          -- rank
    PRIMARY KEY (group_id, fingerprint)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO group_members (group_id, fingerprint, count) SELECT group_id, fingerprint, count FROM pending_counts;
  DROP TABLE pending_counts;
  CREATE INDEX group_members_alert ON group_members (fingerprint);

  CREATE TABLE silences (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    ends_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX silences_ends ON silences (ends_ms);

  CREATE TABLE unheard (
    hour INTEGER NOT NULL,          -- since the epoch
    reason TEXT NOT NULL,
    rule TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (hour, reason, rule)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE buckets (
    destination TEXT NOT NULL PRIMARY KEY,
    tokens REAL NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE overflow (
    destination TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (destination, kind, name)
  ) STRICT, WITHOUT ROWID;

  -- What a destination remembers of its far side, such as which message an alert is.
  CREATE TABLE destination_memory (
    destination TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (destination, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX destination_memory_updated ON destination_memory (updated_ms);

  -- What became of the attempts at a delivery, the latest few, as JSON; and in which poll an event was read.
  ALTER TABLE outbox ADD COLUMN history TEXT;
  ALTER TABLE events ADD COLUMN polled_ms INTEGER;
  `,
  `
  -- Whoever is told of alerts may be sent events too, and an outage leaves very many of those.
  CREATE INDEX outbox_told ON outbox (destination, kind, enqueued_ms) WHERE kind <> 'event' AND state = 'pending';
  `,
  `
  -- How old the oldest is that was put off: by when they are due, those stand anywhere. What is taken at once is never in it.
  CREATE INDEX outbox_tried ON outbox (destination, enqueued_ms) WHERE state = 'pending' AND reason IS NOT NULL;
  `,
  `
  -- Windows as flat lists of numbers (rules/minutes.ts): an object a minute made those of long windows too large to be read with each page.
  DELETE FROM windows WHERE NOT json_valid(state);
  UPDATE windows SET state = json_object(
    'counts', json((
      SELECT json_group_array(pair.value ORDER BY bin.key, pair.key)
      FROM json_each(windows.state, '$.bins') bin, json_each(json_array(bin.value ->> '$.minute', bin.value ->> '$.count')) pair
      WHERE bin.value ->> '$.count' > 0)),
    'seen', json((
      SELECT json_group_array(json_array(identity, json(minutes))) FROM (
        SELECT seen.value AS identity, json_group_array(pair.value ORDER BY bin.key, pair.key) AS minutes
        FROM json_each(windows.state, '$.bins') bin, json_each(bin.value, '$.identities') seen,
          json_each(json_array(bin.value ->> '$.minute', bin.value ->> '$.minute')) pair
        GROUP BY seen.value))));
  `,
  `
  -- Who is heard first: severity, and within it exploits that succeeded. 0 is for what is no alert.
  ALTER TABLE alerts ADD COLUMN urgency INTEGER NOT NULL DEFAULT 1;
  UPDATE alerts SET urgency = severity * 2 + 1;
  DROP INDEX alerts_open;
  CREATE INDEX alerts_open ON alerts (urgency DESC) WHERE state <> 'resolved';
  ALTER TABLE group_members ADD COLUMN told_urgency INTEGER;
  UPDATE group_members SET told_urgency = told_severity * 2 + 1 WHERE told_severity IS NOT NULL;

  ALTER TABLE groups ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
  UPDATE groups SET urgency = coalesce((SELECT max(a.urgency) FROM group_members m JOIN alerts a USING (fingerprint) WHERE m.group_id = groups.id), 0)
    WHERE due_ms IS NOT NULL;
  CREATE INDEX groups_urgent ON groups (urgency, due_ms) WHERE due_ms IS NOT NULL;
  -- Where alerts find a group: its id, until a changed configuration moves it.
  ALTER TABLE groups ADD COLUMN place TEXT;
  UPDATE groups SET place = id;
  CREATE INDEX groups_place ON groups (place);
  -- Who knows of an opening.
  UPDATE groups SET body = json_set(body, '$.told', (
      SELECT json_group_object(t.value, json_object('sinceMs', body ->> '$.lastNotifiedMs', 'how',
        CASE WHEN EXISTS (SELECT 1 FROM json_each(body, '$.summedUpFor') s WHERE s.value = t.value) THEN 'summary' ELSE 'message' END))
      FROM json_each(body, '$.to') t))
    WHERE due_ms IS NOT NULL AND body ->> '$.lastNotifiedMs' IS NOT NULL;

  -- Few deliveries are urgent: what waits in its turn needs no second index.
  ALTER TABLE outbox ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
  UPDATE outbox SET urgency = 1 + 2 * coalesce((SELECT CASE n.body ->> '$.severity'
      WHEN 'CRITICAL' THEN 4 WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 WHEN 'LOW' THEN 1 END FROM notifications n WHERE n.id = outbox.delivery_id), 0)
    WHERE state = 'pending' AND kind = 'alert';
  CREATE INDEX outbox_urgent ON outbox (destination, urgency DESC, due_ms, seq) WHERE state = 'pending' AND urgency > 0;

  CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO meta (key, value) VALUES ('instance', lower(hex(randomblob(8))));
  `,
  `
  -- What attackers can invent is counted by whose it is, with each page of events, and no row may be read for that.
  ALTER TABLE alerts ADD COLUMN place TEXT NOT NULL DEFAULT '';  -- source and rule, as a JSON list
  UPDATE alerts SET place = json_array(body ->> '$.source', body ->> '$.rule') WHERE state <> 'resolved';
  CREATE INDEX alerts_open_of ON alerts (place, state) WHERE state <> 'resolved';
  `,
  `
  -- Alerts end feed by feed, as far as each has been read: those of a feed that cannot be read are not looked at.
  ALTER TABLE alerts ADD COLUMN feed_key TEXT AS ((body ->> '$.source') || ' ' || (body ->> '$.feed')) VIRTUAL;
  CREATE INDEX alerts_feed_due ON alerts (feed_key, due_ms) WHERE due_ms IS NOT NULL;
  DROP INDEX alerts_due;
  `,
];
