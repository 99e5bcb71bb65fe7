/** A rule as the source keeps it. */
export interface RuleTemplate {
  /** The server's name for it: it can differ from the id inside `content`. */
  readonly id: string;
  readonly content: string;
  /** Epoch milliseconds; absent where the server tells none. */
  readonly updatedAtMs?: number;
}

/** All the rules that a source keeps. */
export interface RuleTemplates {
  /** Each id stands once. */
  readonly templates: readonly RuleTemplate[];
  /** Those that cannot be used, each with one sentence that says why. */
  readonly rejected: readonly { readonly id?: string; readonly problem: string }[];
}

/** The names that a source's events can carry; empty where it told none. */
export interface SourceVocabulary {
  readonly subCategories: readonly string[];
  /** Filter ids, as `filter_id` and `latest_attack` name them. */
  readonly attacks: readonly string[];
  readonly hosts: readonly string[];
  /** As the server writes them, usually two letters. */
  readonly countries: readonly string[];
}

export interface NamedCount {
  readonly name: string;
  readonly count: number;
}

/** What a source counts itself over a slice. */
export interface SourceStatistics {
  readonly severities: readonly NamedCount[];
  /** By sub-category. */
  readonly categories: readonly NamedCount[];
  /** By country. */
  readonly actors: readonly NamedCount[];
  /** Oldest first; `name` is the sub-category. */
  readonly timeline: readonly { readonly atMs: number; readonly counts: readonly NamedCount[] }[];
  /** Actors of each day, oldest first. */
  readonly dailyActors: readonly {
    readonly atMs: number;
    readonly total: number;
    readonly critical: number;
  }[];
  /** What could not be fetched, in one sentence each. */
  readonly missing: readonly string[];
}
