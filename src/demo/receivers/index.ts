export type { Fault, FaultSchedule } from './faults.ts';
export { type HecEvent, type HecReceiver, type HecReceiverOptions, startHecReceiver } from './hec.ts';
export type { Receiver } from './server.ts';
export {
  type SlackMessage,
  type SlackReceiver,
  startSlackReceiver,
} from './slack.ts';
export {
  type SyslogReceiverOptions,
  startSyslogReceiver,
} from './syslog.ts';
export {
  type ReceivedWebhook,
  startWebhookReceiver,
  type WebhookReceiver,
} from './webhook.ts';
