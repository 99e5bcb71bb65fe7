import type { Clock } from '../../core/clock.ts';
import type { Slice, Source } from '../../core/source.ts';
import type { SourceStatistics } from '../../core/source-knowledge.ts';
import type { Period } from './period.ts';

/** For all sources together: a digest waits no longer for anybody. */
const DEADLINE_MS = 30_000;

/** What one source counts itself. */
export interface SourceFigures {
  readonly source: string;
  readonly now: SourceStatistics;
  /** Absent where not all of it could be had. */
  readonly before?: SourceStatistics;
}

/** Asks every source that counts, all at once, within one deadline. Never throws. */
export async function askSources(
  sources: readonly Source[],
  period: Period,
  before: Period,
  clock: Clock,
  signal: AbortSignal,
): Promise<SourceFigures[]> {
  const over = new AbortController();
  const timer = new AbortController();
  const end = (): void => over.abort();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  void clock.sleep(DEADLINE_MS, timer.signal).then(end);
  const counting = sources.filter(({ fetchStatistics }) => fetchStatistics !== undefined);
  const figures = await Promise.all(
    counting.map(async (source): Promise<SourceFigures> => {
      const now = await ask(source, period, over.signal);
      const earlier = await ask(source, before, over.signal);
      return { source: source.name, now, ...(earlier.missing.length === 0 ? { before: earlier } : {}) };
    }),
  );
  signal.removeEventListener('abort', end);
  timer.abort();
  return figures;
}

/** A source that does not end when it is told to is not waited for. */
async function ask(source: Source, { fromMs, toMs }: Period, over: AbortSignal): Promise<SourceStatistics> {
  const late = nothing(`source "${source.name}": its own figures did not come within 30 s`);
  if (over.aborted) return late;
  const slice: Slice = { fromMs, toMs: toMs - 1 };
  let give: (answer: SourceStatistics) => void = () => undefined;
  const tooLate = new Promise<SourceStatistics>((resolve) => {
    give = resolve;
  });
  const onOver = (): void => give(late);
  over.addEventListener('abort', onOver, { once: true });
  const asked = source.fetchStatistics?.(slice, over) ?? Promise.resolve(late);
  const answer = await Promise.race([asked.catch(() => broken(source)), tooLate]);
  over.removeEventListener('abort', onOver);
  return answer;
}

function broken(source: Source): SourceStatistics {
  return nothing(`source "${source.name}": its own figures could not be read`);
}

function nothing(sentence: string): SourceStatistics {
  return {
    ...{ severities: [], categories: [], actors: [], timeline: [], dailyActors: [] },
    missing: [sentence],
  };
}
