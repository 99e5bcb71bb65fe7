import { type Break, brokenFor, type Silence } from '../alerts/quiet.ts';
import type { TocsinConfig } from '../app/load.ts';
import { compileSilence } from '../app/silence.ts';
import type { StoredAlert } from '../core/alert.ts';
import type { RecordedStore } from '../core/records.ts';
import { readQuieting, subjectOf } from '../pipeline/quieted.ts';
import type { TermSource } from '../rules/index.ts';
import { iso, moment, visible } from './table.ts';

/** Why nobody is told of an alert now. */
export type KeptQuiet =
  | { readonly reason: 'silenced'; readonly by: string; readonly untilMs: number; readonly why: string }
  | { readonly reason: 'inhibited'; readonly by: string; readonly inhibitor: string }
  | { readonly reason: 'muted'; readonly by: string; readonly untilMs: number };

/** Looks at what keeps alerts quiet at one moment. */
export interface QuietNow {
  /** A silence or another alert. */
  of(alert: QuietedAlert): KeptQuiet | undefined;
  /** Mute times of routes by which it would be told of. */
  mutes(alert: StoredAlert): Promise<readonly KeptQuiet[]>;
  /** All of it; nothing keeps quiet what is over. */
  all(alert: StoredAlert): Promise<readonly KeptQuiet[]>;
  /** Silences that keep it quiet no longer, since it became worse than what they were made for. */
  broken(alert: QuietedAlert): readonly Break[];
}

type QuietedAlert = Parameters<typeof subjectOf>[0];
type Quieting = Pick<TocsinConfig, 'silences' | 'inhibitions' | 'routes'>;

/** @param config absent: silences of the store alone are known */
export async function readQuietNow(
  store: Pick<RecordedStore, 'records' | 'listSilences'>,
  config: Quieting | undefined,
  nowMs: number,
): Promise<QuietNow> {
  const { routes = [], inhibitions = [], silences: planned = [] } = config ?? {};
  const stored = await store.listSilences(nowMs);
  const silences: readonly Silence<TermSource>[] = [
    ...planned,
    ...stored.flatMap((silence) => compileSilence(silence) ?? []),
  ];
  const reasons = new Map([...planned, ...stored].map(({ id, reason }) => [id, reason]));
  const quieting = await readQuieting(store.records, { silences, inhibitions, routes }, nowMs);
  const known = new Map(routes.map((route) => [route.name, route]));

  function of(alert: QuietedAlert): KeptQuiet | undefined {
    const quiet = quieting.of(subjectOf(alert));
    return quiet?.reason === 'silenced' ? { ...quiet, why: reasons.get(quiet.by) ?? '' } : quiet;
  }

  async function mutes({ fingerprint }: StoredAlert): Promise<readonly KeptQuiet[]> {
    const groups = await store.records.membershipsOf(fingerprint);
    const names = [...new Set(groups.map(({ group }) => group.route))].sort();
    return names.flatMap((by): KeptQuiet[] => {
      const route = known.get(by);
      const mute = route && quieting.mutedUntil(route);
      return mute === undefined ? [] : [{ reason: 'muted', by, untilMs: mute.untilMs }];
    });
  }

  return {
    of,
    mutes,
    async all(alert) {
      if (alert.state === 'resolved') return [];
      const quiet = of(alert);
      return [...(quiet === undefined ? [] : [quiet]), ...(await mutes(alert))];
    },
    broken: (alert) => brokenFor(subjectOf(alert), silences, nowMs),
  };
}

/** `silenced by k7m2p until 2026-… (in 2h): maintenance`. For people. */
export function quietText(quiet: KeptQuiet, nowMs: number): string {
  if (quiet.reason === 'inhibited')
    return `inhibited by ${visible(quiet.by)} while alert ${quiet.inhibitor.slice(0, 8)} is open`;
  const until = `until ${moment(quiet.untilMs, nowMs)}`;
  if (quiet.reason === 'muted') return `muted: route ${visible(quiet.by)} does not speak ${until}`;
  return `silenced by ${visible(quiet.by)} ${until}: ${visible(quiet.why)}`;
}

/** For programs. */
export function quietJson(quiet: KeptQuiet) {
  const { untilMs, ...rest } = { untilMs: undefined, ...quiet };
  return { ...rest, until: iso(untilMs) };
}

/** `broken: rose to CRITICAL`. */
export function brokenText({ because }: Pick<Break, 'because'>): string {
  return because.kind === 'rose' ? `broken: rose to ${because.to}` : 'broken: an exploit succeeded';
}

/** `silence k7m2p is broken: rose to CRITICAL`. For people. */
export function breakText(found: Break): string {
  return `silence ${visible(found.by)} is ${brokenText(found)}`;
}

/** For programs. */
export function breakJson({ by, because }: Break) {
  return { by, reason: because.kind, ...(because.kind === 'rose' ? { to: because.to } : {}) };
}
