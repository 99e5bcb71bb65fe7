import type { JsonObject } from '../../core/json.ts';
import type { HttpHazard } from '../http-hazards/hazards.ts';

/** An answer that is not the server's, or not all of it; each works at every endpoint. */
export type Hazard =
  | HttpHazard
  /** 403: the key is missing, revoked or unknown. */
  | { readonly kind: 'forbidden'; readonly body: 'empty' | 'html' }
  /** 403 with `actionErrors`: the right or the plan is missing. */
  | { readonly kind: 'no_right'; readonly text?: string }
  /** 422 with `actionErrors`: the server caught an exception. */
  | { readonly kind: 'exception' };

export function asHttpHazard(hazard: Hazard): HttpHazard {
  switch (hazard.kind) {
    case 'forbidden': {
      const page = hazard.body === 'empty' ? '' : '<html><body>Forbidden</body></html>';
      return { kind: 'status', status: 403, page };
    }
    case 'no_right':
      return refusal(403, hazard.text ?? 'You do not have the THREAT_DETECTION access');
    case 'exception':
      return refusal(422, 'Error occurred while fetching malicious events');
    default:
      return hazard;
  }
}

/** The server's own way to say no. */
function refusal(status: number, text: string): HttpHazard {
  return { kind: 'json', status, body: { actionErrors: [text] } };
}

/** A request that the simulator got, as its log keeps it. */
export interface SimulatorRequest {
  /** Counts from 0, over all endpoints. */
  readonly index: number;
  /** `/api/fetchThreatActors`. */
  readonly path: string;
  readonly body: JsonObject;
}

/** How the server misbehaves. Each may be changed while it runs. */
export interface Hazards {
  /**
   * Answers in the server's place: the same for every request, or chosen for each (by its `path`, for one
   * endpoint alone); undefined is an honest answer.
   */
  answer: Hazard | ((request: SimulatorRequest) => Hazard | undefined) | undefined;
  /** Runs before each answer is made: rows added here arrive while the client pages. */
  beforeAnswer: ((request: SimulatorRequest) => void) | undefined;
  /** Rows of one second keep their order between requests. The real server promises nothing of the kind. */
  stableOrder: boolean;
  /**
   * What `total` says: the truth, always 0, the first one of each query for ever (a cache) or for so long,
   * or the first one of all for every query (a cache that forgets to look at the query).
   */
  total: 'exact' | 'zero' | 'cached' | 'frozen' | { readonly cachedMs: number };
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
