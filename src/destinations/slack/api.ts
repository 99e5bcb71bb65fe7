import type { Clock } from '../../core/clock.ts';
import { type HttpClient, NetError, type NetErrorKind, netError, parseRetryAfter } from '../../net/index.ts';
import { type ApiVerdict, classifyApi } from './api-errors.ts';
import type { SlackBot } from './config.ts';
import type { Throttle } from './throttle.ts';

/** Methods that read take forms only. */
type Arguments = Readonly<Record<string, unknown>> | URLSearchParams;

/** Calls a method of Slack's Web API in its turn. Never throws a {@link NetError}: it is a verdict too. */
export type SlackApi = (
  method: string,
  args: Arguments,
  signal: AbortSignal,
  isUrgent?: boolean,
) => Promise<ApiVerdict>;

/** Without a connection nothing was done. */
const NOT_SENT: ReadonlySet<NetErrorKind> = new Set(['refused', 'dns', 'tls']);

export function createApi(bot: SlackBot, http: HttpClient, clock: Clock, throttle: Throttle): SlackApi {
  return async (method, args, signal, isUrgent) => {
    const url = `${bot.apiUrl}/${method}`;
    try {
      await throttle(signal, isUrgent);
      if (signal.aborted) throw netError('aborted', url);
      const headers = { authorization: `Bearer ${bot.token.reveal()}`, ...typed(args) };
      const {
        status,
        headers: answered,
        body,
        cut,
      } = await http.request({
        ...{ method: 'POST' as const, url, headers, signal, takeWhatComes: true },
        body: args instanceof URLSearchParams ? args.toString() : JSON.stringify(args),
      });
      if (cut && signal.aborted) throw netError('aborted', url);
      const retryAfterMs = parseRetryAfter(answered['retry-after'], clock.now());
      return classifyApi({ status, body, retryAfterMs, ...(cut && { cut }) });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return { kind: 'retry', reason: error.message, mayBeDone: !NOT_SENT.has(error.kind) };
    }
  };
}

function typed(args: Arguments): Readonly<Record<string, string>> {
  const form = 'application/x-www-form-urlencoded';
  return { 'content-type': args instanceof URLSearchParams ? form : 'application/json; charset=utf-8' };
}
