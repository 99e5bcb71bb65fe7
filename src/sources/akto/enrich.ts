import type { Alert, AlertContext, EventSummary } from '../../core/alert.ts';
import type { Clock } from '../../core/clock.ts';
import type { Secret } from '../../core/secret.ts';
import { SourceError } from '../../core/source.ts';
import { named } from './answer.ts';
import { AktoClient, TooLargeError } from './client.ts';
import { type Answer, Answers } from './enrich-answers.ts';
import { type AggregateQuery, type FoundEvidence, fetchEvidence } from './evidence.ts';
import { fetchRemediation } from './remediation.ts';

export interface EnrichmentOptions {
  readonly source: string;
  readonly url: string;
  readonly apiKey: Secret;
  readonly clock: Clock;
}

export interface Enrichment {
  /** As `Source.enrich`. */
  enrich(alert: Alert, signal: AbortSignal): Promise<AlertContext>;
  close(): void;
}

/** Less than a notification waits, so that what one endpoint said is told though the other hangs. */
const TIMEOUT_MS = 4_000;
/** Parsing more would take longer than one event may. */
const MAX_RESPONSE_BYTES = 4 * 1_048_576;
/** Advice changes when somebody edits a template; the requests behind an event, whenever one more comes. */
const REMEDIATION_KEEP_MS = 60 * 60_000;
const EVIDENCE_KEEP_MS = 60_000;
const MAX_PROBLEM = 250;

const NO_CONTEXT: AlertContext = { missing: [] };

/**
 * What Akto knows about alerts of its events. Each endpoint has a connection and a queue of its own: neither
 * waits for the other, or for a poll.
 */
export function createEnrichment({ source, url, apiKey, clock }: EnrichmentOptions): Enrichment {
  const common = { source, url, apiKey, timeoutMs: TIMEOUT_MS, maxResponseBytes: MAX_RESPONSE_BYTES, clock };
  const clients = { evidence: new AktoClient(common), remediation: new AktoClient(common) };
  const evidence = new Answers<AggregateQuery, FoundEvidence>({
    clock,
    keepMs: EVIDENCE_KEEP_MS,
    ask: (query, signal) => told(source, fetchEvidence(clients.evidence, query, signal)),
  });
  const remediation = new Answers<string, string>({
    clock,
    keepMs: REMEDIATION_KEEP_MS,
    ask: (filterId, signal) => told(source, fetchRemediation(clients.remediation, filterId, signal)),
  });
  return {
    async enrich(alert, signal) {
      if (alert.feed !== 'malicious_events') return NO_CONTEXT;
      const { aggregated, filterId } = questionsOf(alert);
      const [requests, advice] = await Promise.all([
        aggregated === undefined ? NONE : evidence.get(aggregated, signal),
        filterId === undefined ? NONE : remediation.get(filterId, signal),
      ]);
      return toContext(requests, advice);
    },
    close() {
      clients.evidence.close();
      clients.remediation.close();
    },
  };
}

const NONE = { kind: 'none' } as const;

/** What is worth asking about an alert: its newest aggregated event, and the advice on its newest filter. */
function questionsOf({ sample }: Alert): { aggregated?: AggregateQuery; filterId?: string } {
  const aggregated = sample.map(aggregateOf).find((query) => query !== undefined);
  const filterId = sample.map((event) => event.filterId).find((id) => id !== undefined && id !== '');
  return {
    ...(aggregated === undefined ? {} : { aggregated }),
    ...(filterId === undefined ? {} : { filterId }),
  };
}

function aggregateOf({ refId, eventType, actor, filterId }: EventSummary): AggregateQuery | undefined {
  if (eventType !== 'AGGREGATED' || refId === undefined || refId === '') return undefined;
  return { refId, eventType, actor: actor ?? '', filterId: filterId ?? '' };
}

function toContext(requests: Answer<FoundEvidence>, advice: Answer<string>): AlertContext {
  const missing = [
    ...problemOf(requests, 'the requests behind this aggregated event could not be fetched'),
    ...problemOf(advice, 'the remediation advice could not be fetched'),
  ];
  const found = requests.kind === 'found' ? requests.found : undefined;
  if (found?.total === 0) missing.push('Akto keeps no requests behind this aggregated event');
  return {
    ...(advice.kind === 'found' ? { remediation: advice.found } : {}),
    ...(found === undefined || found.total === 0 ? {} : { evidence: found }),
    missing,
  };
}

function problemOf(answer: Answer<unknown>, what: string): readonly string[] {
  return answer.kind === 'failed' ? [`${what}: ${answer.problem}`] : [];
}

/** Failures as a message tells them: bounded, and without the name of the source, which stands beside them. */
async function told<Found>(source: string, answer: Promise<Found>): Promise<Found> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const isLarge = error instanceof TooLargeError;
    const problem = isLarge ? 'the answer is larger than may be read' : error.message;
    const bare = problem.replace(`${named(source)} `, '');
    throw new SourceError(error.kind, bare.slice(0, MAX_PROBLEM).toWellFormed());
  }
}
