/**
 * How a receiver misbehaves once.
 * - `status`: answers so, without processing the request.
 * - `html`: answers 200 with a log-in page, as a proxy does, without processing.
 * - `reset-before`: drops the connection, without processing.
 * - `reset-after`: processes, then drops the connection: the sender cannot know.
 * - `hang`: processes, then keeps silent for `ms` before it answers.
 * - `truncate`: processes, answers with half a body, then drops the connection.
 * - `slow-body`: processes, answers its head at once and its body spread over `ms`.
 */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'html' }
  | { readonly kind: 'reset-before' }
  | { readonly kind: 'reset-after' }
  | { readonly kind: 'hang'; readonly ms: number }
  | { readonly kind: 'truncate' }
  | { readonly kind: 'slow-body'; readonly ms: number };

/** Asked once a request, before it is processed. `requestNumber` counts every request from 1, whatever its path. */
export type FaultSchedule = (requestNumber: number, path: string) => Fault | undefined;
