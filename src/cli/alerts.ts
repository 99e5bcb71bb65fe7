import { styleText } from 'node:util';
import { isUnwatched } from '../alerts/blind.ts';
import type { Break } from '../alerts/quiet.ts';
import type { AlertState, Blindness, StoredAlert } from '../core/alert.ts';
import { systemClock } from '../core/clock.ts';
import { createRedactor } from '../redaction/index.ts';
import { alertJson, distinctText, groupText, short, UNWATCHED_LINE } from './alert-view.ts';
import type { ExitCode, Io } from './io.ts';
import { breakJson, breakText, type KeptQuiet, quietJson, quietText, readQuietNow } from './quiet.ts';
import { withStore } from './setup.ts';
import { blindJson, blindLines, readSeeing } from './sight.ts';
import { aligned, away, clipped, jsonLine, visible } from './table.ts';

export interface AlertsOptions {
  readonly config: string;
  readonly open?: boolean;
  readonly acknowledged?: boolean;
  readonly resolved?: boolean;
  readonly all?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

interface Listed {
  readonly alert: StoredAlert;
  readonly quiet: readonly KeptQuiet[];
  readonly broken: readonly Break[];
  readonly blind: Blindness | undefined;
}

/** `tocsin alerts`: what goes on, who has it in hand and what keeps it quiet. */
export async function listAlerts(io: Io, options: AlertsOptions): Promise<ExitCode> {
  const nowMs = systemClock.now();
  const { limit, json } = options;
  const states = statesOf(options);
  // What an operator is shown he pastes to others.
  let mask = (text: string): string => text;
  const listed = await withStore(io, options.config, async (store, config) => {
    mask = createRedactor(config.redaction).text;
    const alerts = await store.listAlerts({ limit: limit + 1, ...(states === undefined ? {} : { states }) });
    const quiet = await readQuietNow(store, config, nowMs);
    const seeing = await readSeeing(store, config, nowMs);
    return Promise.all(
      alerts.map(async (alert): Promise<Listed> => {
        return { alert, quiet: await quiet.all(alert), broken: quiet.broken(alert), blind: seeing(alert) };
      }),
    );
  });
  const shown = listed.slice(0, limit);
  if (json === true) for (const each of shown) io.out(jsonLine(mask(JSON.stringify(toJson(each)))));
  else for (const line of toTable(shown, nowMs, io.colour.out)) io.out(`${mask(line)}\n`);
  if (shown.length === 0) io.err(`no alert is ${states?.join(' or ') ?? 'kept'}\n`);
  if (listed.length > limit) io.err(`only the first ${limit} are shown; raise --limit to see more\n`);
  return 0;
}

/** Undefined is all. */
function statesOf({ open, acknowledged, resolved, all }: AlertsOptions): readonly AlertState[] | undefined {
  if (all === true) return undefined;
  const asked: readonly AlertState[] = [
    ...(open === true ? ['open' as const] : []),
    ...(acknowledged === true ? ['acknowledged' as const] : []),
    ...(resolved === true ? ['resolved' as const] : []),
  ];
  return asked.length === 0 ? ['open', 'acknowledged'] : asked;
}

function toJson({ alert, quiet, broken, blind }: Listed) {
  return {
    ...{ ...alertJson(alert), blind: blindJson(blind) },
    ...{ quiet: quiet.map(quietJson), broken: broken.map(breakJson) },
  };
}

const HEADING = ['ALERT', 'STATE', 'SEVERITY', 'RULE', 'WHO', 'COUNT', 'ACTORS', 'APIS', 'FIRST', 'LAST'];
const MAX_CELL = 60;

/** A row an alert, and below it whether it can be seen, who has it in hand and what keeps it quiet. */
function toTable(listed: readonly Listed[], nowMs: number, colour: boolean): readonly string[] {
  if (listed.length === 0) return [];
  const [heading = '', ...lines] = aligned([HEADING, ...listed.map(({ alert }) => rowOf(alert, nowMs))]);
  return [
    heading,
    ...listed.flatMap(({ alert, quiet, broken, blind }, index) => [
      painted(lines[index] ?? '', alert, colour),
      ...(isUnwatched(alert) ? [`  ${UNWATCHED_LINE}`] : []),
      ...blindLines(alert, blind).map((line) => `  ${line}`),
      ...handOf(alert, nowMs).map((line) => `  ${line}`),
      ...quiet.map((each) => `  ${quietText(each, nowMs)}`),
      ...broken.map((each) => `  ${breakText(each)}`),
    ]),
  ];
}

function rowOf(alert: StoredAlert, nowMs: number): readonly string[] {
  return [
    ...[short(alert.fingerprint), alert.state, alert.severity],
    ...[clipped(alert.rule, MAX_CELL), clipped(groupText(alert.group), MAX_CELL), String(alert.count)],
    ...[distinctText(alert.actors), distinctText(alert.apis)],
    ...[away(alert.firstSeenMs, nowMs), away(alert.lastSeenMs, nowMs)],
  ];
}

function handOf({ acknowledged }: StoredAlert, nowMs: number): readonly string[] {
  if (acknowledged === undefined) return [];
  const { by, atMs, note } = acknowledged;
  return [
    `acknowledged by ${visible(by)} ${away(atMs, nowMs)}${note === undefined ? '' : `: ${visible(note)}`}`,
  ];
}

function painted(line: string, { severity, state }: StoredAlert, colour: boolean): string {
  if (!colour || state === 'resolved') return line;
  if (severity === 'CRITICAL' || severity === 'HIGH')
    return styleText('red', line, { validateStream: false });
  return severity === 'MEDIUM' ? styleText('yellow', line, { validateStream: false }) : line;
}
