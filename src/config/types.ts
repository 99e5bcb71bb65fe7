import type { Document, LineCounter, Node } from 'yaml';
import type { SpeakingTimes } from '../alerts/intervals.ts';
import type { Budget } from '../core/budget.ts';
import type { Destination, Stream } from '../core/delivery.ts';
import type { Feed } from '../core/event.ts';
import type { Problem } from '../core/problem.ts';
import type { Secret } from '../core/secret.ts';
import type { Source } from '../core/source.ts';
import type { OwnPattern } from '../redaction/index.ts';
import type { AdapterDeps, DestinationDeps, DestinationType, SourceType } from '../schema/adapter.ts';
import type { LOG_LEVELS } from './shape.ts';

export interface SourceConfig {
  name: string;
  type: string;
}

export interface DestinationConfig extends SourceConfig {
  send: readonly Stream[];
  budget?: Budget | undefined;
}

/** What tells where a node stands: the file's name, and the parsed document with its lines. */
interface NodePlace {
  readonly file: string;
  readonly yaml: { readonly document: Document; readonly lines: LineCounter };
}

/**
 * Turns a filter into what judges alerts; its `${…}` are filled in. Must not throw: whatever is wrong is a
 * problem, with its line and column.
 * @param owner its key, for messages
 */
export type CompileFilter<Filter> = (
  node: Node,
  owner: string,
  place: NodePlace,
) => { readonly filter?: Filter; readonly problems: readonly Problem[] };

/** What may stand in a configuration: the adapters there are, and how filters are compiled. */
export interface Registry<Filter> {
  readonly sources: readonly SourceType<SourceConfig>[];
  readonly destinations: readonly DestinationType<DestinationConfig>[];
  /** A route's `when`: it is asked when an event raises an alert. */
  readonly compileWhen: CompileFilter<Filter>;
  /** What silences and inhibitions look at: an alert that may be hours old. */
  readonly compileQuiet: CompileFilter<Filter>;
  /** What a route's `group_by` may name; without it any term may stand there. */
  readonly groupTerms?: readonly string[];
  /** What an inhibition's `equal` may name, likewise. */
  readonly alertTerms?: readonly string[];
}

export interface ConfiguredSource {
  readonly name: string;
  readonly type: string;
  readonly settings: Readonly<SourceConfig>;
  /** What it is read for, where that is known before it is made. */
  readonly feeds?: readonly Feed[];
  create(deps: AdapterDeps): Source;
}

export interface ConfiguredDestination {
  readonly name: string;
  readonly type: string;
  readonly send: readonly Stream[];
  readonly budget?: Budget;
  readonly settings: Readonly<DestinationConfig>;
  /** As the destination's type has it. */
  recall?: DestinationType<DestinationConfig>['recall'];
  create(deps: DestinationDeps): Destination;
}

/** One entry of `routes`, as alerts/route.ts takes it. */
export interface ConfiguredRoute<Filter> {
  readonly name: string;
  /** What tells a route without a name of its own from others. */
  readonly id?: string;
  readonly when?: Filter;
  readonly to: readonly string[];
  readonly continue: boolean;
  readonly groupBy?: readonly string[];
  readonly timing: {
    readonly groupWaitMs: number;
    readonly groupIntervalMs: number;
    readonly repeatIntervalMs: number;
  };
  readonly sendResolved: boolean;
  readonly speaking: SpeakingTimes;
  readonly escalate?: { readonly afterMs: number; readonly to: readonly string[] };
}

/** One entry of `silences`, as alerts/quiet.ts takes it. */
export interface ConfiguredSilence<Filter> {
  /** `config/<name>`: no stored silence is called so. */
  readonly id: string;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly when: Filter;
  readonly reason: string;
  readonly breakOnEscalation?: true;
}

/** One entry of `inhibitions`, as alerts/inhibition.ts takes it. */
export interface ConfiguredInhibition<Filter> {
  readonly name: string;
  readonly source: Filter;
  readonly target: Filter;
  readonly equal: readonly string[];
  readonly equalAbsent?: true;
}

/** One entry of `digests`, as the pipeline takes it. */
export interface ConfiguredDigest {
  readonly name: string;
  readonly to: readonly string[];
  readonly schedule: {
    readonly every: 'day' | 'week';
    readonly at: { readonly hour: number; readonly minute: number };
    /** Of a weekly one: 0 is Sunday. */
    readonly on: number;
    /** IANA name. */
    readonly timeZone: string;
  };
  /** Rows of each table. */
  readonly top: number;
}

/** Deeply frozen (compiled filters apart). Paths are absolute, times in milliseconds, secrets masked. */
export interface Config<Filter> {
  /** As it was named, for messages. */
  readonly file: string;
  readonly sources: readonly ConfiguredSource[];
  readonly destinations: readonly ConfiguredDestination[];
  readonly rules: { readonly paths: readonly string[] };
  readonly routes: readonly ConfiguredRoute<Filter>[];
  readonly alerts: { readonly resolveAfterMs: number };
  /** Planned maintenance. */
  readonly silences: readonly ConfiguredSilence<Filter>[];
  readonly inhibitions: readonly ConfiguredInhibition<Filter>[];
  readonly redaction: { readonly patterns: readonly OwnPattern[] };
  readonly digests: readonly ConfiguredDigest[];
  /** What tells this installation from others; absent: the store's own. */
  readonly instance?: string;
  readonly store: { readonly kind: 'sqlite'; readonly path: string };
  readonly retention: {
    readonly eventsMs: number;
    readonly deadLettersMs: number;
    readonly maxBytes: number;
  };
  readonly server: { readonly host: string; readonly port: number; readonly token?: Secret };
  readonly log: { readonly level: (typeof LOG_LEVELS)[number] };
}
