import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Destination } from '../../src/core/delivery.ts';
import { slackConfig } from '../../src/destinations/slack/config.ts';
import { slackDestination } from '../../src/destinations/slack/index.ts';
import { splunkHecConfig } from '../../src/destinations/splunk_hec/config.ts';
import { splunkHecDestination } from '../../src/destinations/splunk_hec/index.ts';
import { webhookConfig } from '../../src/destinations/webhook/config.ts';
import { webhookDestination } from '../../src/destinations/webhook/index.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { createRedactor } from '../../src/redaction/index.ts';
import { type Bench, createBench } from '../pipeline/bench.ts';
import { notification } from './deliveries.ts';

/** What the address and every key hold: no dead letter, log line or state may show it. */
export const PLANTED = 'plantedsecret';
export const HOUR_MS = 3_600_000;

export type Kind =
  | 'slack'
  | 'bot'
  | 'splunk_hec'
  | 'teams'
  | 'discord'
  | 'pagerduty'
  | 'tocsin'
  | 'alertmanager'
  | 'cloudevents';

/** A real receiver with habits of its own, and a store, a clock and a deliverer before it. */
export interface AnswerStage {
  readonly bench: Bench;
  enqueue(count: number): Promise<void>;
  /** Delivers for so long on a clock of its own. */
  course(kind: Kind, answer: Answer, options?: CourseOptions): Promise<Course>;
  /** Of all deliveries, as they were enqueued. */
  states(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** @param body of the request */
export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface CourseOptions {
  readonly forMs?: number;
  /** A restart between any two passes, the default: nothing that counts may be kept in the process. */
  readonly isRestarted?: boolean;
  /** Of the destination. */
  readonly config?: object;
}

export interface Course {
  /** When each message was posted, ms after the beginning. */
  readonly posts: readonly number[];
  /** What was in each. */
  readonly bodies: readonly string[];
}

export const says =
  (status: number, body = '', type = 'application/json'): RequestListener =>
  (_, response) =>
    void response.writeHead(status, type === '' ? {} : { 'content-type': type }).end(body);

export function createAnswerStage(): AnswerStage {
  const bench = createBench();
  const open: { close(): unknown }[] = [];
  const signal = new AbortController().signal;
  return { bench, enqueue: (count) => enqueue(bench, count), course, states, close };

  async function course(kind: Kind, answer: Answer, options: CourseOptions = {}): Promise<Course> {
    const { forMs = HOUR_MS, isRestarted = true, config = {} } = options;
    const startMs = bench.clock.now();
    const posts: number[] = [];
    const bodies: string[] = [];
    const server = await serve((request, response, body) => {
      if (kind !== 'bot' || request.url === '/chat.postMessage') {
        posts.push(bench.clock.now() - startMs);
        bodies.push(body);
      }
      answer(request, response, body);
    });
    open.push(server);
    const begin = () => {
      const { clock, telemetry, store } = bench;
      const destination = destinationAt(bench, server.port, kind, config);
      open.push(destination);
      const redactor = createRedactor();
      return createDeliverer({ store, destination, clock, telemetry, random: () => 0.5, redactor });
    };
    let deliverer = begin();
    while (bench.clock.now() - startMs < forMs) {
      const dueMs = await deliverer.pass(signal);
      if (dueMs === undefined) break;
      await bench.clock.advance(Math.max(dueMs - bench.clock.now(), 1));
      if (!isRestarted) continue;
      await bench.restart();
      deliverer = begin();
    }
    await deliverer.ended();
    return { posts, bodies };
  }

  async function states(): Promise<readonly string[]> {
    return (await bench.store.listDeliveries({ limit: 1_000 })).map(({ state }) => state);
  }

  async function close(): Promise<void> {
    for (const each of open) await each.close();
    await bench.close();
  }
}

async function enqueue({ clock, store }: Bench, count: number): Promise<void> {
  await store.transaction(async (tx) => {
    for (let index = 0; index < count; index += 1) {
      const id = `alert/g${index}/0/1`;
      await tx.insertNotification(notification({ id }));
      await tx.enqueue([{ destination: 'chat', kind: 'alert', deliveryId: id }], clock.now());
    }
  });
}

async function serve(answer: Answer): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

function destinationAt({ clock, store }: Bench, port: number, kind: Kind, config: object): Destination {
  const url = `http://127.0.0.1:${port}`;
  // Kept in the store, as the daemon's is.
  const memory = {
    get: (key: string) => store.readMemory('chat', key),
    set: (key: string, value: string) => store.writeMemory('chat', key, value, clock.now()),
  };
  const deps = { clock, random: () => 0.5, memory };
  const named = { name: 'chat', timeout: '5s', ...config };
  if (kind === 'slack') {
    const input = { ...named, type: 'slack', url: `${url}/hooks/${PLANTED}` };
    return slackDestination.create(slackConfig.parse(input), deps);
  }
  if (kind === 'bot') {
    const input = { ...named, type: 'slack', api_url: url, token: PLANTED, channel: 'C012AB3CD' };
    return slackDestination.create(slackConfig.parse(input), deps);
  }
  if (kind === 'splunk_hec') {
    const input = { ...named, type: 'splunk_hec', url, token: PLANTED };
    return splunkHecDestination.create(splunkHecConfig.parse(input), deps);
  }
  const key = kind === 'pagerduty' ? { routing_key: `${PLANTED}${PLANTED}123456` } : {};
  const input = {
    ...named,
    type: 'webhook',
    format: kind,
    url: `${url}/x/${PLANTED}?sig=${PLANTED}`,
    ...key,
  };
  return webhookDestination.create(webhookConfig.parse(input), deps);
}

/** What the classic connector of Teams says within a 200. */
export const TEAMS_SAYS = (status: number) =>
  `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status} with ContextId tcid=0,server=msgapi-production-eus-azsc2-4-170,cv=deadbeef=2..`;
export const SIGN_IN =
  '<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body>…</body></html>';
export const HTML = 'text/html; charset=utf-8';
