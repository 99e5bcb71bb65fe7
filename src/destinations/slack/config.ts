import { z } from 'zod';
import { STREAMS } from '../../core/delivery.ts';
import { messageRate } from '../../schema/destination.ts';
import { duration, name, secretUrl } from '../../schema/values.ts';

/** `type: slack`: one message for each notification, through an incoming webhook. */
export const slackConfig = z.strictObject({
  name: name(),
  type: z.literal('slack'),
  /** The incoming webhook's URL. A secret whole: whoever has it can post. */
  url: secretUrl(),
  send: z.array(z.enum(STREAMS)).min(1).default(['alerts']),
  /** People read it: beyond this, one message sums up. */
  rate: messageRate().prefault({}),
  /** For one whole request. */
  timeout: duration({ min: '1s', max: '1m' }).prefault('15s'),
});

export type SlackConfig = z.output<typeof slackConfig>;
