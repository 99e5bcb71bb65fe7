import type { Destination } from '../../core/delivery.ts';
import { createHttpClient, outcomeOfError } from '../../net/index.ts';
import type { AdapterDeps, DestinationType } from '../../schema/adapter.ts';
import { createCookieJar, newChannel } from './channel.ts';
import { createCollector } from './collector.ts';
import { type SplunkHecConfig, splunkHecConfig } from './config.ts';
import { deliverBatch, type HecContext } from './deliver.ts';

const MAX_ACK_RESPONSE_BYTES = 262_144;

/** Splunk's HTTP Event Collector, through splunk-logging; with indexer acknowledgement where asked for. */
export const splunkHecDestination: DestinationType<SplunkHecConfig> = {
  type: 'splunk_hec',
  config: splunkHecConfig,
  create: createSplunkHec,
};

function createSplunkHec(config: SplunkHecConfig, { clock, random }: AdapterDeps): Destination {
  const { url: baseUrl, token, verify_tls: verifyTls, timeout: timeoutMs } = config;
  const context: HecContext = {
    config,
    clock,
    channel: config.acknowledge ? newChannel(random) : undefined,
    cookies: createCookieJar(),
    collector: createCollector({ baseUrl, token, verifyTls, timeoutMs }),
    http: createHttpClient({
      timeoutMs,
      maxResponseBytes: MAX_ACK_RESPONSE_BYTES,
      tls: { verify: verifyTls },
    }),
  };
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    ...(config.rate === undefined ? {} : { rate: config.rate }),
    redact: config.redact,
    batch: { maxItems: config.batch.max_items },
    deliver: (batch, signal) => deliverBatch(context, batch, signal).catch(outcomeOfError),
    close: async () => {
      context.collector.close();
      context.http.close();
    },
  };
}
