import type { Json } from '../../core/json.ts';
import type { HttpHazard } from '../http-hazards/hazards.ts';

/** A request that the simulator got, as its log keeps it: nothing secret is in it. */
export interface IncidentsRequest {
  /** Counts from 0, over all paths. */
  readonly index: number;
  readonly method: string;
  /** Without the query: `/incidents`, `/incidents/<id>`, `/tokens`. */
  readonly path: string;
  /** `offset`, `filter[updateDate]` … */
  readonly query: ReadonlyMap<string, string>;
  /** Whether its token, or for `/tokens` its client, was right. */
  readonly authorized: boolean;
}

/** How the service misbehaves. Each may be changed while it runs. */
export interface IncidentsHazards {
  /**
   * Answers authorized requests in the service's place: the same for every one, or chosen for each (by its
   * `path`, for tokens alone); undefined is an honest answer.
   */
  answer: HttpHazard | ((request: IncidentsRequest) => HttpHazard | undefined) | undefined;
  /** Runs before a request is judged: what changes here changes while the client pages, and so does a revocation. */
  beforeAnswer: ((asked: Pick<IncidentsRequest, 'index' | 'method' | 'path' | 'query'>) => void) | undefined;
  /** Incidents of one sort key keep their order between requests. The real service promises nothing of the kind. */
  stableOrder: boolean;
  /** A service that silently answers fewer rows than it was asked for. */
  mostRows: number;
  /** What `expires_in` says, true or not. Undefined: it is missing. */
  expiresIn: Json | undefined;
  /** An issued token serves so many requests … */
  tokenUses: number;
  /** … and for so long, whatever `expires_in` said. */
  tokenLifeMs: number;
}

export const NO_HAZARDS: IncidentsHazards = {
  answer: undefined,
  beforeAnswer: undefined,
  stableOrder: false,
  mostRows: Number.POSITIVE_INFINITY,
  expiresIn: 600,
  tokenUses: Number.POSITIVE_INFINITY,
  tokenLifeMs: Number.POSITIVE_INFINITY,
};
