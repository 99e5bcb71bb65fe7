import type { Digest, DigestRow } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';

/** A digest as one event; keys in snake_case, times in epoch seconds. */
export function rawDigest(id: string, digest: Digest): JsonObject {
  const { chart } = digest;
  return {
    tocsin_id: id,
    kind: 'digest',
    digest_kind: digest.kind,
    title: digest.title,
    from: digest.fromMs / 1_000,
    to: digest.toMs / 1_000,
    time_zone: digest.timeZone,
    totals: digest.totals.map(rowOf),
    tables: digest.tables.map(({ title, rows, omittedRows, omittedCount }) => ({
      ...{ title, rows: rows.map(rowOf) },
      ...{ omitted_rows: omittedRows, omitted_count: omittedCount },
    })),
    ...(chart === undefined ? {} : { chart: { title: chart.title, bars: chart.bars.map(rowOfBar) } }),
    notes: digest.notes,
  };
}

/** No data model knows summaries: what every event of ours has, and the digest as it is. */
export function cimDigest(id: string, digest: Digest): JsonObject {
  return { ...rawDigest(id, digest), id, vendor_product: 'Tocsin', ids_type: 'application' };
}

function rowOf({ name, count, before }: DigestRow): JsonObject {
  return before === undefined ? { name, count } : { name, count, before };
}

function rowOfBar({ label, count }: { readonly label: string; readonly count: number }): JsonObject {
  return { label, count };
}
