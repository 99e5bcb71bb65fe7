import { loadConfigFile, loadSetup, type TocsinConfig } from '../app/load.ts';
import { openStoreFile } from '../app/store.ts';
import { systemClock } from '../core/clock.ts';
import type { RecordedStore } from '../core/records.ts';
import { createRedactor } from '../redaction/index.ts';
import { CliError, type ExitCode, type Io } from './io.ts';
import { printProblems } from './problems.ts';
import { readQuietNow } from './quiet.ts';
import { orCliError } from './setup.ts';
import { readSeeing } from './sight.ts';
import { clipped, jsonLine, visible } from './table.ts';
import { eventStory } from './why/event-story.ts';
import { find } from './why/find.ts';
import { storyJson } from './why/json.ts';
import { storyText } from './why/print.ts';
import { alertStory, notificationStory, type Sources } from './why/stories.ts';
import type { Story } from './why/story.ts';

export interface WhyOptions {
  readonly config: string;
  readonly store?: string;
  readonly json?: boolean;
}

/** `tocsin why`: what became of something and why. Exit code 1 where nobody knows of it. */
export async function why(io: Io, what: string, options: WhyOptions): Promise<ExitCode> {
  const nowMs = systemClock.now();
  const known = knownOf(io, options);
  try {
    const store = openStoreFile(known.file);
    const told = await tellStory(store, known, what, nowMs).finally(() => store.close());
    return print(io, what, told, known, options.json === true, nowMs);
  } catch (error) {
    return orCliError(error);
  }
}

interface Known extends Pick<Sources, 'config' | 'ruleSet' | 'origins'> {
  /** The store's. */
  readonly file: string;
}

/** As much as can be read: a story must not wait for somebody to mend a rule. */
function knownOf(io: Io, options: WhyOptions): Known {
  const place = { file: options.config, cwd: io.cwd, env: io.env };
  const loaded = loadSetup(place);
  const { setup, origins } = loaded;
  if (setup !== undefined) {
    const { config, ruleSet } = setup;
    const file = options.store ?? config.store.path;
    return { file, config, ruleSet, ...(origins === undefined ? {} : { origins }) };
  }
  const { config } = loadConfigFile(place);
  const file = options.store ?? config?.store.path;
  if (file === undefined) {
    printProblems(io, options.config, loaded);
    throw new CliError(
      `${options.config} is not valid, so its store cannot be found; name it with --store FILE`,
    );
  }
  io.err(`${partly(options.config, config)}; "tocsin check" tells what is wrong\n`);
  return config === undefined ? { file } : { file, config };
}

function partly(file: string, config: TocsinConfig | undefined): string {
  if (config !== undefined) return 'a rule is not valid, so rules of now are not asked';
  return `${file} is not valid, so only what the store knows is told`;
}

type Told = Story | Extract<Awaited<ReturnType<typeof find>>, { kind: 'unknown' }>;

async function tellStory(store: RecordedStore, known: Known, what: string, nowMs: number): Promise<Told> {
  const { file: _store, ...rest } = known;
  const quiet = await readQuietNow(store, known.config, nowMs);
  const seeing = await readSeeing(store, known.config, nowMs);
  const sources: Sources = { store, ...rest, quiet, seeing };
  const found = await find(store.records, what);
  switch (found.kind) {
    case 'event':
      return { kind: 'event', ...(await eventStory(sources, found.event)) };
    case 'alert':
      return { kind: 'alert', ...(await alertStory(sources, found.alert, found.alert.openedAtMs)) };
    case 'notification':
      return { kind: 'notification', ...(await notificationStory(sources, found.notification)) };
    case 'delivery':
      return { ...found, ...(await subjectOf(sources, found.delivery)) };
    case 'unknown':
      return found;
  }
}

/** What a delivery is about. */
async function subjectOf(sources: Sources, { kind, deliveryId }: { kind: string; deliveryId: string }) {
  const { records } = sources.store;
  const event = kind === 'event' ? await records.readEvent(deliveryId) : undefined;
  const notification = kind === 'alert' ? await records.readNotification(deliveryId) : undefined;
  return {
    ...(event === undefined ? {} : { event: await eventStory(sources, event) }),
    ...(notification === undefined ? {} : { notification: await notificationStory(sources, notification) }),
  };
}

/** What an operator is shown he pastes to others: it is masked as what leaves for people is. */
function print(io: Io, what: string, told: Told, { config }: Known, json: boolean, nowMs: number): ExitCode {
  if (told.kind === 'unknown') {
    const { nearest, message = `nobody knows of ${JSON.stringify(clipped(what, 200))}` } = told;
    if (json) io.out(jsonLine(JSON.stringify({ kind: 'unknown', asked: what, nearest })));
    io.err(`tocsin: ${message}; it may have aged out (retention.events)\n`);
    for (const id of nearest) io.err(`  perhaps ${visible(id)}\n`);
    return 1;
  }
  const { text: mask } = createRedactor(config?.redaction);
  if (json) io.out(jsonLine(mask(JSON.stringify(storyJson(told)))));
  else for (const line of storyText(told, nowMs, io.colour.out)) io.out(`${mask(line)}\n`);
  return 0;
}
