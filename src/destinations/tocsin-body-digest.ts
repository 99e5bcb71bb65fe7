import type { Digest, DigestRow } from '../core/digest.ts';

/** A summary: of a period, or of history that was read later. */
export interface BodyDigest {
  id: string;
  kind: Digest['kind'];
  title: string;
  /** `to` is no part of it. */
  from: string;
  to: string;
  /** IANA name of the zone by which the period was cut. */
  time_zone: string;
  totals: BodyRow[];
  tables: BodyTable[];
  chart?: { title: string; bars: { label: string; count: number }[] };
  /** What a reader of the figures must know, one sentence each. */
  notes: string[];
}

interface BodyRow {
  name: string;
  count: number;
  /** In the period before; absent where that is not known. */
  before?: number;
}

interface BodyTable {
  title: string;
  /** The most frequent first. */
  rows: BodyRow[];
  /** How many more rows there are, and what they count together. */
  omitted_rows: number;
  omitted_count: number;
}

/** @param isoTime how times are written */
export function encodeDigest(digest: Digest, isoTime: (timeMs: number) => string): BodyDigest {
  const { id, kind, title, fromMs, toMs, timeZone, totals, tables, chart, notes } = digest;
  return {
    ...{ id, kind, title, from: isoTime(fromMs), to: isoTime(toMs), time_zone: timeZone },
    totals: totals.map(encodeRow),
    tables: tables.map(({ title: heading, rows, omittedRows, omittedCount }) => ({
      ...{ title: heading, rows: rows.map(encodeRow) },
      ...{ omitted_rows: omittedRows, omitted_count: omittedCount },
    })),
    ...(chart === undefined ? {} : { chart: { title: chart.title, bars: chart.bars.map(encodeBar) } }),
    notes: [...notes],
  };
}

function encodeRow({ name, count, before }: DigestRow): BodyRow {
  return before === undefined ? { name, count } : { name, count, before };
}

function encodeBar({ label, count }: { readonly label: string; readonly count: number }) {
  return { label, count };
}
