import { existsSync } from 'node:fs';
import { record } from '../alerts/lifecycle.ts';
import type { TocsinConfig } from '../app/load.ts';
import { openStoreBeside } from '../app/store.ts';
import type { StoredAlert } from '../core/alert.ts';
import { systemClock } from '../core/clock.ts';
import { type Event, eventId } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import type { RecordedStore } from '../core/records.ts';
import { toFired } from '../pipeline/firing.ts';
import { type Raised, yieldsTo } from '../pipeline/yielding.ts';
import { inYieldingOrder, type RuleMatch, type RuleSet, viewOf } from '../rules/index.ts';
import { readInstant } from './arguments.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { readEvent } from './one-event.ts';
import { readQuietNow } from './quiet.ts';
import { type MatchReport, type RoutesReport, routesJson, routesText } from './routes-report.ts';
import { type RouteStep, walkRoutes } from './routes-walk.ts';
import { orCliError, requireSetup } from './setup.ts';

export interface RoutesTestOptions {
  readonly config: string;
  readonly at?: string;
  readonly source?: string;
  readonly json?: boolean;
}

/** `tocsin routes test`: who would be told of an event, when and why. Exit code 1 where nobody would. */
export async function testRoutes(
  io: Io,
  file: string | undefined,
  options: RoutesTestOptions,
): Promise<ExitCode> {
  const { config, ruleSet } = requireSetup(io, options.config, 'its rules and routes cannot be tried');
  const raw = await readEvent(io, file);
  const atMs = options.at === undefined ? systemClock.now() : readInstant('--at', options.at);
  const store = existsSync(config.store.path) ? openBeside(config) : undefined;
  const asked = { raw, atMs, source: sourceOf(config, raw, options.source) };
  const report = await reportOn(asked, config, ruleSet, store)
    .finally(() => store?.close())
    .catch(orCliError);
  if (options.json === true) io.out(`${JSON.stringify(routesJson(report))}\n`);
  else for (const line of routesText(report, io.colour.out)) io.out(`${line}\n`);
  for (const note of report.notes) io.err(`${note}\n`);
  const isTold = report.matches.some(({ steps }) => steps.some(({ outcome }) => outcome === 'taken'));
  return isTold ? 0 : 1;
}

function openBeside(config: TocsinConfig): RecordedStore {
  try {
    return openStoreBeside({ config });
  } catch (error) {
    return orCliError(error);
  }
}

/** Routes may ask for the source, and feeds tell events apart. */
function sourceOf(config: TocsinConfig, raw: JsonObject, asked: string | undefined): string {
  const names = config.sources.map(({ name }) => name);
  if (asked !== undefined && !names.includes(asked))
    throw new CliError(`--source: there is no source ${JSON.stringify(asked)}; there is ${names.join(', ')}`);
  if (asked !== undefined) return asked;
  const type = viewOf(raw).feed === 'incidents' ? 'incidents' : 'akto';
  return config.sources.find((source) => source.type === type)?.name ?? names[0] ?? '';
}

interface Asked {
  readonly raw: JsonObject;
  readonly atMs: number;
  readonly source: string;
}

async function reportOn(
  { raw, atMs, source }: Asked,
  config: TocsinConfig,
  ruleSet: RuleSet,
  store: RecordedStore | undefined,
): Promise<RoutesReport> {
  const { feed } = viewOf(raw);
  // Such objects change; the first state of one that nobody has seen is what raises alerts.
  const isFact = feed === 'malicious_events' || Object.hasOwn(raw, 'change');
  const view = viewOf(raw, feed, isFact ? undefined : 'first_seen');
  const { matches, failures } = ruleSet.match(view);
  const event: Event = { id: eventId(source, feed, 'test'), source, feed, feedId: 'test', timeMs: atMs, raw };
  const decided = decide(matches, { event, view }, config);
  const quiet = store && (await readQuietNow(store, config, atMs));
  const { payloadError } = view;
  return {
    ...{ atMs, source, feed },
    ...(payloadError === undefined ? {} : { payloadError }),
    matches: await Promise.all(
      decided.map(async ({ match, fired: { firing, subject }, yieldsTo: to }): Promise<MatchReport> => {
        const [known] = (await store?.records.findAlerts(firing.fingerprint, 1)) ?? [];
        const { alert } = record(known, firing, atMs);
        const kept = quiet?.of(alert);
        const steps = to.length > 0 ? [] : walkRoutes(config.routes, subject, atMs);
        return {
          ...(to.length > 0 ? { yieldsTo: to } : {}),
          ...{ firing, windows: match.rule.aggregations.length, alert },
          ...(known === undefined ? {} : { known }),
          ...(kept === undefined ? {} : { quiet: kept }),
          broken: quiet?.broken(alert) ?? [],
          steps: await Promise.all(steps.map((step) => withKnown(step, alert, store))),
        };
      }),
    ),
    failures: failures.map(({ rule, reason }) => ({ rule: rule.id, reason })),
    notes: store === undefined ? [NO_STORE] : [],
  };
}

interface Decided extends Raised<ReturnType<typeof toFired>> {
  readonly yieldsTo: readonly string[];
}

/** Which matches give way; to a rule whose windows decide whether it fires, none does here. */
function decide(
  matches: readonly RuleMatch[],
  judged: Parameters<typeof toFired>[1],
  { routes, alerts }: TocsinConfig,
): readonly Decided[] {
  const raised: Raised[] = [];
  return inYieldingOrder(matches).map((match) => {
    const own = { match, fired: toFired(match, judged, alerts.resolveAfterMs) };
    const to = yieldsTo(own, raised, routes);
    if (to.length === 0 && match.rule.aggregations.length === 0) raised.push(own);
    return { ...own, yieldsTo: to };
  });
}

const NO_STORE =
  'no daemon has made the store yet: silences added by hand, inhibition and open alerts are not looked at';

/** The group that counts it: an open one that has told a destination of the alert keeps it, whatever its route is now. */
async function withKnown(step: RouteStep, { fingerprint }: StoredAlert, store: RecordedStore | undefined) {
  if (step.group === undefined || store === undefined) return step;
  const own = (await store.records.membershipsOf(fingerprint)).filter(
    ({ group }) => group.dueMs !== undefined,
  );
  const home = own.find(({ group }) => step.to.some((name) => group.told?.[name] !== undefined));
  const known = home?.group ?? (await store.records.readGroup(step.group.id));
  const told = home?.told ?? own.find(({ group }) => group.id === known?.id)?.told;
  return { ...step, ...(known === undefined ? {} : { known }), ...(told === undefined ? {} : { told }) };
}
