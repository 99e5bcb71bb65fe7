import type { JsonObject } from '../../core/json.ts';

/** An answer that is not the feed's, or not all of it. */
export type Hazard =
  /** A failing back end: 200, total 0, and no list. */
  | { readonly kind: 'null_list'; readonly spelled: 'null' | 'string' | 'missing' }
  /** 403: the key is missing, revoked or unknown. */
  | { readonly kind: 'forbidden'; readonly body: 'empty' | 'html' }
  /** 403 with `actionErrors`: the right or the plan is missing. */
  | { readonly kind: 'no_right'; readonly text?: string }
  /** 422 with `actionErrors`: the server caught an exception. */
  | { readonly kind: 'exception' }
  /** Any status, with an HTML body. `retryAfter` as the header's text. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** A proxy's login page, 200. */
  | { readonly kind: 'login_page' }
  /** 302 to a login page. */
  | { readonly kind: 'redirect'; readonly to?: string }
  /** No answer at all, until the client goes away. */
  | { readonly kind: 'hang' }
  /** The connection is closed without an answer. */
  | { readonly kind: 'reset' }
  /** The right headers, half of the body, and then the end of the connection. */
  | { readonly kind: 'cut' }
  /** The right answer, in pieces with a pause before each. */
  | { readonly kind: 'slow_body'; readonly pieces: number; readonly pauseMs: number }
  /** The right count, but every row of this place (3: the third, the sixth …) is missing. */
  | { readonly kind: 'missing_rows'; readonly every: number }
  /** The right answer with this many bytes more in it. */
  | { readonly kind: 'huge_body'; readonly bytes: number };

/** A request that the simulator got, as its log keeps it. */
export interface SimulatorRequest {
  /** Counts from 0. */
  readonly index: number;
  readonly path: string;
  readonly body: JsonObject;
}

/** How the feed misbehaves. Each may be changed while it runs. */
export interface Hazards {
  /** Answers in the feed's place: the same for every request, or chosen for each; undefined is an honest answer. */
  answer: Hazard | ((request: SimulatorRequest) => Hazard | undefined) | undefined;
  /** Runs before each answer is made: rows added here arrive while the client pages. */
  beforeAnswer: ((request: SimulatorRequest) => void) | undefined;
  /** Rows of one second keep their order between requests. The real server promises nothing of the kind. */
  stableOrder: boolean;
  /**
   * What `total` says: the truth, always 0, the first one of each query for ever (a cache), or the
   * first one of all for every query (a cache that forgets to look at the query).
   */
  total: 'exact' | 'zero' | 'cached' | 'frozen';
  /** A server that silently answers fewer rows than it was asked for. */
  mostRows: number;
}

export const NO_HAZARDS: Hazards = {
  answer: undefined,
  beforeAnswer: undefined,
  stableOrder: false,
  total: 'exact',
  mostRows: Number.POSITIVE_INFINITY,
};
