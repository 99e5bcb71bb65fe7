import { hash } from 'node:crypto';
import { resolve } from 'node:path';
import type { SpeakingTimes, TimeInterval } from '../alerts/intervals.ts';
import type { Finding } from './codes.ts';
import { digestName } from './digest-shape.ts';
import type { Filters } from './filters.ts';
import { deepFreeze } from './freeze.ts';
import { toInterval } from './interval-shape.ts';
import type { Places } from './places.ts';
import { type CheckedFile, type CheckedRoute, routeShape } from './shape.ts';
import { WEEKDAYS } from './time-shape.ts';
import type {
  Config,
  ConfiguredDestination,
  ConfiguredDigest,
  ConfiguredInhibition,
  ConfiguredRoute,
  ConfiguredSilence,
  ConfiguredSource,
} from './types.ts';

export interface Parts<Filter> {
  readonly file: string;
  /** The configuration's folder: what its paths are relative to. */
  readonly folder: string;
  readonly checked: CheckedFile;
  readonly sources: readonly ConfiguredSource[];
  readonly destinations: readonly ConfiguredDestination[];
  readonly filters: Omit<Filters<Filter>, 'problems'>;
}

/** The configuration of a file without errors, and what an operator may want to think over. */
export function assemble<Filter>(
  parts: Parts<Filter>,
  places: Places,
): { readonly config: Config<Filter>; readonly findings: readonly Finding[] } {
  const { checked, folder } = parts;
  const routes = toRoutes(parts);
  const config: Config<Filter> = Object.freeze({
    file: parts.file,
    sources: deepFreeze(parts.sources),
    destinations: deepFreeze(parts.destinations),
    rules: deepFreeze({ paths: checked.rules.paths.map((path) => resolve(folder, path)) }),
    routes: Object.freeze(routes),
    alerts: Object.freeze({ resolveAfterMs: checked.alerts.resolve_after }),
    silences: Object.freeze(toSilences(parts)),
    inhibitions: Object.freeze(toInhibitions(parts)),
    redaction: deepFreeze({ patterns: checked.redaction.patterns ?? [] }),
    digests: deepFreeze(toDigests(checked)),
    ...(checked.instance !== undefined && { instance: checked.instance }),
    store: Object.freeze({ kind: 'sqlite' as const, path: resolve(folder, checked.store.path) }),
    retention: Object.freeze({
      eventsMs: checked.retention.events,
      deadLettersMs: checked.retention.dead_letters,
      maxBytes: checked.retention.max_size,
    }),
    server: toServer(checked.server),
    log: deepFreeze(checked.log),
  });
  return { config, findings: [...unused(config, places), ...openListener(config, places)] };
}

function toRoutes<Filter>(parts: Parts<Filter>): ConfiguredRoute<Filter>[] {
  const routes = parts.checked.routes ?? everything(parts);
  const intervals = (parts.checked.time_intervals ?? []).map(toInterval);
  const named = (names: readonly string[] = []): TimeInterval[] =>
    intervals.filter(({ name }) => names.includes(name));
  const ids = idsOf(routes);
  return routes.map((route, i) => {
    const speaking = { active: named(route.active_times), mute: named(route.mute_times) };
    return toRoute(route, i, deepFreeze(speaking), parts.filters.routes[i], ids[i]);
  });
}

/** Not deeply frozen: the filter is its compiler's. */
function toRoute<Filter>(
  route: CheckedRoute,
  index: number,
  speaking: SpeakingTimes,
  when: Filter | undefined,
  id: string | undefined,
): ConfiguredRoute<Filter> {
  return Object.freeze({
    name: route.name ?? `route-${index + 1}`,
    ...(when !== undefined && { when }),
    to: Object.freeze(route.to),
    continue: route.continue,
    ...(route.name === undefined && id !== undefined && { id }),
    ...(route.group_by !== undefined && { groupBy: Object.freeze(route.group_by) }),
    timing: Object.freeze({
      groupWaitMs: route.group_wait,
      groupIntervalMs: route.group_interval,
      repeatIntervalMs: route.repeat_interval,
    }),
    sendResolved: route.send_resolved,
    speaking,
    ...(route.escalate !== undefined && {
      escalate: Object.freeze({ afterMs: route.escalate.after, to: Object.freeze(route.escalate.to) }),
    }),
  });
}

/**
 * What tells routes without a name apart, wherever they stand and whatever stands before them: what they take and how
 * they group it. Of several that are alike, which of them it is.
 */
function idsOf(routes: readonly CheckedRoute[]): readonly string[] {
  const seen = new Map<string, number>();
  return routes.map(({ when, group_by: groupBy }) => {
    const text = JSON.stringify([when ?? null, groupBy ?? null]);
    const number = (seen.get(text) ?? 0) + 1;
    seen.set(text, number);
    return hash('sha256', JSON.stringify([text, number])).slice(0, 16);
  });
}

function toSilences<Filter>({ checked, filters }: Parts<Filter>): ConfiguredSilence<Filter>[] {
  return (checked.silences ?? []).flatMap(({ name, ...silence }, i) => {
    const when = filters.silences[i];
    return when === undefined ? [] : [Object.freeze({ id: `config/${name}`, ...silence, when })];
  });
}

function toInhibitions<Filter>({ checked, filters }: Parts<Filter>): ConfiguredInhibition<Filter>[] {
  return (checked.inhibitions ?? []).flatMap(({ name, equal, equal_absent }, i) => {
    const { source, target } = filters.inhibitions[i] ?? {};
    if (source === undefined || target === undefined) return [];
    const absent = equal_absent ? { equalAbsent: true as const } : {};
    return [Object.freeze({ name, source, target, equal: Object.freeze(equal), ...absent })];
  });
}

/** Without routes, every alert goes to every destination that takes alerts. */
function everything<Filter>({ destinations }: Parts<Filter>): CheckedRoute[] {
  const to = destinations.filter(({ send }) => send.includes('alerts')).map(({ name }) => name);
  return to.length === 0 ? [] : [routeShape.parse({ name: 'default', to })];
}

function toDigests({ digests = [] }: CheckedFile): ConfiguredDigest[] {
  return digests.map(({ name, to, every, at, on, time_zone: timeZone, top }) => ({
    name: digestName({ name, every }),
    to,
    schedule: { every, at, on: WEEKDAYS.indexOf(on), timeZone },
    top,
  }));
}

function toServer({ listen, token }: CheckedFile['server']): Config<unknown>['server'] {
  return deepFreeze({ host: listen.host, port: listen.port, ...(token !== undefined && { token }) });
}

function unused(config: Config<unknown>, places: Places): Finding[] {
  const escalated = config.routes.flatMap(({ escalate }) => escalate?.to ?? []);
  const told = new Set([...[...config.routes, ...config.digests].flatMap(({ to }) => to), ...escalated]);
  return config.destinations.flatMap(({ name, send }, i) => {
    if (told.has(name) || !send.includes('alerts')) return [];
    const offset = places.around(['destinations', i, 'name'])?.offset ?? 0;
    const message =
      'this destination takes alerts, but no route and no digest names it: name it in one, or take alerts out of its "send"';
    return [{ code: 'unused-destination' as const, offset, message, severity: 'warning' as const }];
  });
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/;

function openListener({ server }: Config<unknown>, places: Places): Finding[] {
  if (server.token !== undefined || LOOPBACK.test(server.host)) return [];
  const offset = places.around(['server', 'listen'])?.offset ?? 0;
  const message =
    'other machines can read the metrics without a token: set server.token, or listen on 127.0.0.1';
  return [{ code: 'open-listener', offset, message, severity: 'warning' }];
}
