import { type FetchFunction, IncomingWebhook } from '@slack/webhook';
import type { Clock } from '../../core/clock.ts';
import type { Secret } from '../../core/secret.ts';
import { type HttpClient, type HttpResponse, netError, parseRetryAfter } from '../../net/index.ts';
import type { SlackMessage } from './block.ts';
import { classifySlack, type SlackVerdict } from './classify.ts';
import type { Throttle } from './throttle.ts';

/** Sends one message in its turn. Throws {@link NetError} where no answer came. */
export type Post = (message: SlackMessage, signal: AbortSignal, isUrgent: boolean) => Promise<SlackVerdict>;

export function createPost(url: Secret, http: HttpClient, clock: Clock, throttle: Throttle): Post {
  return async (message, signal, isUrgent) => {
    await throttle(signal, isUrgent);
    if (signal.aborted) throw netError('aborted', url.reveal());
    const { status, headers, body, cut } = await send(url, http, message, signal);
    if (cut && signal.aborted) throw netError('aborted', url.reveal());
    return classifySlack(status, body, parseRetryAfter(headers['retry-after'], clock.now()), cut);
  };
}

/**
 * The library keeps neither the headers of a refusal (so `Retry-After` would be lost) nor a safe
 * error, so the answer is taken from the fetch that it is given, and what it throws is dropped.
 */
async function send(
  url: Secret,
  http: HttpClient,
  message: SlackMessage,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const attempts: Promise<HttpResponse>[] = [];
  const fetch: FetchFunction = async (target, init) => {
    const headers = init?.headers ?? {};
    const body = typeof init?.body === 'string' ? init.body : '';
    // A message whose answer breaks off has been posted as often as not: what came of the answer decides.
    const request = {
      method: 'POST',
      url: String(target),
      headers,
      body,
      signal,
      takeWhatComes: true,
    } as const;
    const response = http.request(request);
    attempts.push(response);
    return toFetchResponse(await response);
  };
  await new IncomingWebhook(url.reveal(), { fetch }).send(message).catch(() => undefined);
  const [attempt] = attempts;
  if (attempt === undefined) throw new Error('the message could not be sent');
  return attempt;
}

function toFetchResponse({ status, headers, body }: HttpResponse): Awaited<ReturnType<FetchFunction>> {
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, value ?? '']);
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: '',
    url: '',
    headers: { get: (name) => headers[name.toLowerCase()] ?? null, entries: () => pairs },
    arrayBuffer: async () => new TextEncoder().encode(body).buffer,
    json: async () => JSON.parse(body),
    text: async () => body,
  };
}
