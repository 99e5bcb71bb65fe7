import { z } from 'zod';
import { STREAMS } from '../../core/delivery.ts';
import type { Secret } from '../../core/secret.ts';
import { askedBudget, messageRate } from '../../schema/destination.ts';
import { slackMistake } from '../../schema/urls.ts';
import { baseUrl, duration, name, secret, secretUrl } from '../../schema/values.ts';
import { checkMessage, messageTemplate, type SlackTemplate } from './template.ts';

/** `C012AB3CD` (also `G…`, `D…`), or a name with its `#`. */
const CHANNEL = /^(?:[CGD][A-Z0-9]{5,30}|#[\p{L}\p{N}][\p{L}\p{N}_-]{0,79})$/u;

/** `type: slack`: through an incoming webhook (`url`), or as a bot (`token` and `channel`) that keeps its messages current. */
const slackShape = z
  .strictObject({
    name: name(),
    type: z.literal('slack'),
    /** The incoming webhook's URL. A secret whole: whoever has it can post. */
    url: secretUrl({ mistake: slackMistake }).optional(),
    /** A bot's, `xoxb-…`. */
    token: secret().optional(),
    channel: z
      .string({ error: 'expected a channel' })
      .regex(CHANNEL, { error: "expected a channel's id, such as C012AB3CD, or its name with a #" })
      .optional()
      .describe('Where the bot posts: an id (C012AB3CD), which survives renaming, or #name.'),
    api_url: baseUrl({ example: 'https://slack.com/api', tail: /\/[a-z]+(?:\.[A-Za-z]+)+\/?$/ })
      .default('https://slack.com/api')
      .describe("Slack's Web API; https://slack-gov.com/api for GovSlack."),
    send: z.array(z.enum(STREAMS)).min(1).default(['alerts']),
    /** People read it: beyond this, one message sums up. */
    rate: messageRate().prefault({}),
    /** Of what waits for it; where absent, only the store's bound counts. */
    budget: askedBudget().optional(),
    /** A message of the operator's own in place of the designed one. */
    template: messageTemplate().optional(),
    /** For one whole request. */
    timeout: duration({ min: '1s', max: '1m' }).prefault('15s'),
  })
  .superRefine(({ url, token, channel }, context) => {
    const say = (message: string, path: string[] = []): void =>
      context.addIssue({ code: 'custom', message, path });
    const both = 'either "url" (an incoming webhook), or "token" and "channel" (a bot)';
    if (url === undefined && token === undefined) say(`expected ${both}`);
    if (url !== undefined && token !== undefined) say(`expected ${both}, and not both`, ['token']);
    if (token !== undefined && channel === undefined) say('a bot needs the "channel" to post to');
    if (token === undefined && channel !== undefined)
      say('only a bot chooses its channel: an incoming webhook has its own; remove it or give a "token"', [
        'channel',
      ]);
  });

export interface SlackConfig extends Omit<z.output<typeof slackShape>, 'template'> {
  template?: SlackTemplate;
}

export const slackConfig = slackShape.transform(({ template, ...config }, context): SlackConfig => {
  if (template === undefined) return config;
  const compiled = checkMessage(template, config.send, (key, message) =>
    context.addIssue({ code: 'custom', message, path: ['template', key] }),
  );
  return { ...config, template: compiled };
});

/** What posts as an app of its own. */
export interface SlackBot {
  readonly token: Secret;
  /** An id, or a name with its `#`. */
  readonly channel: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
}

/** Undefined where an incoming webhook is configured. */
export function botOf({ token, channel, api_url: apiUrl }: SlackConfig): SlackBot | undefined {
  return token === undefined || channel === undefined ? undefined : { token, channel, apiUrl };
}
