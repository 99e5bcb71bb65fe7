import type { Destination, DestinationMemory } from '../../core/delivery.ts';
import { createHttpClient, outcomeOfError } from '../../net/index.ts';
import type { DestinationDeps, DestinationType } from '../../schema/adapter.ts';
import { listUnlessPaced } from '../alert-slices.ts';
import { createConceal } from '../conceal.ts';
import { createAckLedger } from './ack-ledger.ts';
import { createChannels, createCookieJar } from './channel.ts';
import { createCollector } from './collector.ts';
import { type SplunkHecConfig, splunkHecConfig } from './config.ts';
import { deliverBatch, type HecContext } from './deliver.ts';
import { createLanes, createOneAtATime, type Lane } from './lanes.ts';
import { createPace } from './pace.ts';

const MAX_ACK_RESPONSE_BYTES = 262_144;

/** Splunk's HTTP Event Collector, through splunk-logging; with indexer acknowledgement where asked for. */
export const splunkHecDestination: DestinationType<SplunkHecConfig> = {
  type: 'splunk_hec',
  otherNames: { splunk: '', hec: '', splunkcloud: '', httpeventcollector: '', eventcollector: '' },
  config: splunkHecConfig,
  recall: recallAck,
  create: createSplunkHec,
};

async function recallAck(memory: DestinationMemory, deliveryId: string): Promise<string | undefined> {
  const known = (await createAckLedger(memory).read())(deliveryId);
  if (known === undefined) return undefined;
  if (known.state === 'indexed') return 'Splunk has acknowledged it: it is indexed';
  const { ackId, sentMs } = known.request;
  const since = new Date(sentMs).toISOString();
  return `Splunk received it at ${since} (acknowledgement ${ackId}) and has not said that it is indexed`;
}

function createSplunkHec(config: SplunkHecConfig, deps: DestinationDeps): Destination {
  const { clock, random, memory } = deps;
  const { url: baseUrl, token, timeout: timeoutMs } = config;
  const tls = { verify: config.verify_tls, ...(config.ca === undefined ? {} : { ca: config.ca.reveal() }) };
  const conceal = createConceal([token]);
  const shared = {
    ...{ config, clock, pace: createPace(clock) },
    http: createHttpClient({ timeoutMs, maxResponseBytes: MAX_ACK_RESPONSE_BYTES, tls }),
  };
  const acks = { ledger: createAckLedger(memory), recalling: createOneAtATime() };
  const lanes = createLanes(() => ({
    collector: createCollector({ baseUrl, token, tls, timeoutMs }),
    channels: createChannels(clock, random),
    cookies: createCookieJar(),
  }));
  const contextOf = ({ collector, cookies, channels }: Lane): HecContext => ({
    ...{ ...shared, collector, cookies },
    acknowledging: config.acknowledge ? { ...acks, channels } : undefined,
  });
  return {
    name: config.name,
    type: config.type,
    send: new Set(config.send),
    ...(config.rate === undefined ? {} : { rate: config.rate }),
    ...listUnlessPaced(config.rate),
    redact: config.redact,
    batch: { maxItems: config.batch.max_items },
    maxInFlight: config.in_flight.max,
    deliver: (batch, signal) =>
      lanes
        .use((lane) => deliverBatch(contextOf(lane), batch, signal))
        .then(conceal)
        .catch(outcomeOfError),
    close: async () => {
      lanes.close();
      shared.http.close();
    },
  };
}
