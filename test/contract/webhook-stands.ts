import type { Clock } from '../../src/core/clock.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { FaultSchedule } from '../../src/demo/receivers/index.ts';
import { type Receiver, type Reply, startReceiver } from '../../src/demo/receivers/server.ts';
import { discordFault, pagerdutyFaults, teamsFault } from './webhook-limits.ts';

// Stand-ins that check what the real things check, and answer as they do.

interface Options {
  readonly clock?: Clock;
  readonly faults?: FaultSchedule;
}

export interface PagerDuty extends Receiver {
  /** By `dedup_key`. */
  readonly incidents: ReadonlyMap<string, 'triggered' | 'acknowledged' | 'resolved'>;
  /** Every event taken, repeats too. */
  readonly events: readonly JsonObject[];
}

/** @param routingKey another is refused */
export async function startPagerDuty(routingKey: string, options: Options = {}): Promise<PagerDuty> {
  const incidents = new Map<string, 'triggered' | 'acknowledged' | 'resolved'>();
  const events: JsonObject[] = [];
  const receiver = await startReceiver(options, ({ body }) => {
    const event = parse(body);
    const faults = pagerdutyFaults(event, body.length);
    if (event['routing_key'] !== routingKey) faults.push("Invalid 'routing_key'");
    if (faults.length > 0) return refusal(faults);
    events.push(event);
    const key = String(event['dedup_key']);
    const states = { trigger: 'triggered', acknowledge: 'acknowledged', resolve: 'resolved' } as const;
    const action = event['event_action'];
    if (action === 'trigger' || action === 'acknowledge' || action === 'resolve')
      incidents.set(key, states[action]);
    return json(202, { status: 'success', message: 'Event processed', dedup_key: key });
  });
  return { ...receiver, incidents, events };
}

function refusal(errors: string[]): Reply {
  return json(400, { status: 'invalid event', message: 'Event object is invalid', errors });
}

export function startDiscord(options: Options = {}): Promise<Receiver> {
  return startReceiver(options, ({ body, query }) => {
    const fault = discordFault(parse(body));
    if (fault !== undefined) return json(400, { code: 50_035, message: `Invalid Form Body: ${fault}` });
    return query.get('wait') === 'true' ? json(200, { id: '1', type: 0 }) : { status: 204, body: '' };
  });
}

export function startTeams(options: Options = {}): Promise<Receiver> {
  return startReceiver(options, ({ body }) => {
    const fault = teamsFault(parse(body), body.length);
    return fault === undefined ? { status: 202, body: '' } : json(413, { error: { code: fault } });
  });
}

function json(status: number, body: JsonObject): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function parse(body: Buffer): JsonObject {
  const value: unknown = JSON.parse(body.toString('utf8'));
  return isJsonObject(value) ? value : {};
}
