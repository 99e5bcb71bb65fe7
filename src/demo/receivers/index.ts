export type { Fault, FaultSchedule } from './faults.ts';
export { type HecEvent, type HecReceiver, type HecReceiverOptions, startHecReceiver } from './hec.ts';
export type { ReceivedRequest, Receiver, ReceiverOptions } from './server.ts';
export {
  type SlackMessage,
  type SlackReceiver,
  type SlackReceiverOptions,
  startSlackReceiver,
} from './slack.ts';
export {
  type ReceivedWebhook,
  startWebhookReceiver,
  type WebhookReceiver,
  type WebhookReceiverOptions,
} from './webhook.ts';
