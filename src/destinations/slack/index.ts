import type { Delivery, Destination, Outcome } from '../../core/delivery.ts';
import { createHttpClient, outcomeOfError } from '../../net/index.ts';
import type { AdapterDeps, DestinationType } from '../../schema/adapter.ts';
import type { SlackVerdict } from './classify.ts';
import { type SlackConfig, slackConfig } from './config.ts';
import { encodeSlack, encodeSlackPlainly } from './encode.ts';
import { createPost, type Post } from './post.ts';
import { createThrottle } from './throttle.ts';

/** Slack answers with a word; whatever is longer is not Slack. */
const MAX_RESPONSE_BYTES = 65_536;

/** Slack's incoming webhooks: one message for one notification. */
export const slackDestination: DestinationType<SlackConfig> = {
  type: 'slack',
  config: slackConfig,
  create: createSlack,
};

function createSlack(config: SlackConfig, { clock }: AdapterDeps): Destination {
  const http = createHttpClient({ timeoutMs: config.timeout, maxResponseBytes: MAX_RESPONSE_BYTES });
  const post = createPost(config.url, http, clock, createThrottle(clock));
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    rate: config.rate,
    redact: true,
    batch: { maxItems: 1 },
    deliver: async ([delivery], signal) => {
      if (delivery === undefined) return { kind: 'done' };
      try {
        return await deliverOne(post, delivery, signal);
      } catch (error) {
        return outcomeOfError(error);
      }
    },
    close: async () => http.close(),
  };
}

/** The designed message; where Slack will not have it, once more in plain words. */
async function deliverOne(post: Post, delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  const verdict = await post(encodeSlack(delivery), signal);
  if (verdict.kind !== 'refused') return verdict;
  return finalOutcome(await post(encodeSlackPlainly(delivery), signal));
}

function finalOutcome(verdict: SlackVerdict): Outcome {
  return verdict.kind === 'refused' ? { kind: 'dead', reason: verdict.reason } : verdict;
}
