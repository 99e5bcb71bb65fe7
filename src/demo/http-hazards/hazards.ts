import type { Json } from '../../core/json.ts';

/** An answer that is not the honest one, or not all of it. What any HTTP service's proxies and back ends do. */
export type HttpHazard =
  /** A failing back end: 200, `total` 0 where there is one, and no list; or nothing where the list is the body. */
  | { readonly kind: 'null_list'; readonly spelled: 'null' | 'string' | 'missing' }
  /** Any status, with an HTML body of its own or of yours. `retryAfter` as the header's text. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly page?: string }
  /** Any status, with a JSON body. */
  | { readonly kind: 'json'; readonly status: number; readonly body: Json }
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
  /** Half of the body as if it were the whole: the headers do not give it away. */
  | { readonly kind: 'half' }
  /** The right answer, in pieces with a pause before each. */
  | { readonly kind: 'slow_body'; readonly pieces: number; readonly pauseMs: number }
  /** The right count, but every row of this place (3: the third, the sixth …) is missing. */
  | { readonly kind: 'missing_rows'; readonly every: number }
  /** The right answer with this many bytes more in it. */
  | { readonly kind: 'huge_body'; readonly bytes: number };

/** What an honest server would say. */
export interface Answer {
  readonly body: Json;
  /** The keys under which its rows stand; none where the body itself is the rows, or a bare value. */
  readonly lists: readonly string[];
}
