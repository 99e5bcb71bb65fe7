import type { Delivery, Destination, Outcome } from '../../core/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { createHttpClient, type HttpClient, outcomeOfError } from '../../net/index.ts';
import type { DestinationDeps, DestinationType } from '../../schema/adapter.ts';
import { createConceal } from '../conceal.ts';
import { createApi } from './api.ts';
import { createBot } from './bot.ts';
import type { SlackVerdict } from './classify.ts';
import { botOf, type SlackConfig, slackConfig } from './config.ts';
import { encodeSlack, encodeSlackPlainly } from './encode.ts';
import { isForEdits } from './move.ts';
import { createNotebook } from './notebook.ts';
import { createPost, type Post } from './post.ts';
import { createWording, type Wording } from './template.ts';
import { createThrottle, isUrgent } from './throttle.ts';

/** A webhook answers with a word; whatever is longer is not Slack. */
const MAX_WORD_BYTES = 65_536;
/** A page of a channel's messages, each of which may have as many characters as Slack takes. */
const MAX_PAGE_BYTES = 4_194_304;

/** Slack: one message for one notification through an incoming webhook; as a bot, one for each group of alerts, kept current. */
export const slackDestination: DestinationType<SlackConfig> = {
  type: 'slack',
  otherNames: { slackwebhook: '', slackbot: '', slackapp: '', slackapi: '', mattermost: '', rocketchat: '' },
  config: slackConfig,
  create: createSlack,
};

type Deliver = (delivery: Delivery, signal: AbortSignal) => Promise<Outcome>;

function createSlack(config: SlackConfig, deps: DestinationDeps): Destination {
  const maxResponseBytes = botOf(config) === undefined ? MAX_WORD_BYTES : MAX_PAGE_BYTES;
  const http = createHttpClient({ timeoutMs: config.timeout, maxResponseBytes });
  const deliverOne = deliverVia(config, http, deps);
  const conceal = createConceal([config.url, config.token].filter((each) => each !== undefined));
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    rate: config.rate,
    // A webhook is never told which message is its own, so it changes none.
    ...(botOf(config) === undefined ? {} : { hearing: 'edits' as const }),
    redact: true,
    batch: { maxItems: 1 },
    deliver: async ([delivery], signal) => {
      if (delivery === undefined) return { kind: 'done' };
      try {
        return conceal(await deliverOne(delivery, signal));
      } catch (error) {
        return outcomeOfError(error);
      }
    },
    close: async () => http.close(),
  };
}

function deliverVia(
  config: SlackConfig,
  http: HttpClient,
  { clock, memory, onTemplateFailed }: DestinationDeps,
): Deliver {
  const wording = createWording(config.template, onTemplateFailed);
  const throttle = createThrottle(clock);
  const bot = botOf(config);
  if (bot !== undefined) {
    const api = createApi(bot, http, clock, throttle);
    const { channel } = bot;
    return createBot({ api, channel, clock, wording, notebook: createNotebook(memory, channel) }).deliver;
  }
  const post = createPost(webhookUrl(config), http, clock, throttle);
  return (delivery, signal) => deliverToWebhook(post, wording, delivery, signal);
}

function webhookUrl({ url }: SlackConfig): Secret {
  if (url === undefined) throw new Error('a Slack destination needs a url, or a token and a channel');
  return url;
}

/** The designed message; where Slack will not have it, once more in plain words. */
async function deliverToWebhook(
  post: Post,
  wording: Wording,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Outcome> {
  // Decided while the destination was a bot.
  if (delivery.kind === 'alert' && isForEdits(delivery.notification)) return { kind: 'done' };
  const soon = isUrgent(delivery);
  const verdict = await post(wording(encodeSlack(delivery), delivery), signal, soon);
  if (verdict.kind !== 'refused') return verdict;
  return finalOutcome(await post(encodeSlackPlainly(delivery), signal, soon));
}

function finalOutcome(verdict: SlackVerdict): Outcome {
  return verdict.kind === 'refused' ? { ...verdict, kind: 'dead' } : verdict;
}
