import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { systemRandom } from '../../src/core/random.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../src/demo/receivers/index.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import { messages, recordedTelemetry } from '../pipeline/bench.ts';
import { alertDelivery, eventDelivery } from './deliveries.ts';

describe('a webhook with a template', () => {
  let receiver: WebhookReceiver;
  const { telemetry, logs } = recordedTelemetry();
  afterEach(() => receiver.close());

  async function deliver(body: string, delivery = alertDelivery()) {
    receiver = await startWebhookReceiver();
    const config = webhookConfig.parse({
      ...{ name: 'soar', type: 'webhook', url: receiver.url, send: ['alerts', 'events'], template: { body } },
    });
    const failures: string[] = [];
    const onTemplateFailed = (reason: string): void => {
      failures.push(reason);
      telemetry.templateFailed('soar', reason);
    };
    const destination = webhookDestination.create(config, {
      ...{ clock: systemClock, random: systemRandom, onTemplateFailed },
    });
    const outcome = await destination.deliver([delivery], new AbortController().signal);
    await destination.close();
    return { outcome, failures, payload: receiver.webhooks[0]?.payload };
  }

  it('posts that body', async () => {
    const { outcome, payload } = await deliver('{"text": {{ title | json }}}');
    expect(outcome).toEqual({ kind: 'done' });
    expect(payload).toEqual({ text: 'HIGH: SQL injection 203.0.113.9 (12 new)' });
  });

  it('posts its native body where the template fails, and says so', async () => {
    const large = eventDelivery('e1', { payload: 'x'.repeat(300_000) });
    const { outcome, failures, payload } = await deliver('{"all": {{ data.event | json }}}', large);
    expect(outcome).toEqual({ kind: 'done' });
    expect(failures).toEqual(['it becomes longer than 256 KiB']);
    expect(messages(logs)).toEqual(['template failed; the built-in message is sent in its place']);
    const metrics = await telemetry.metrics.registry.metrics();
    expect(metrics).toContain('tocsin_template_failures_total{destination="soar"} 1');
    expect(payload).toMatchObject({ type: 'event', template_failure: failures[0], data: { feed_id: 'e1' } });
  });
});
