import type { JsonObject } from '../core/json.ts';
import { viewOf } from './event-view.ts';
import type { Rule } from './rule.ts';
import { compileRuleSet } from './rule-set.ts';

const headers = (host: string, agent: string): JsonObject => ({
  ...{ host: [host], 'user-agent': [agent], accept: ['*/*'], 'content-type': ['application/json'] },
  'x-forwarded-for': ['198.51.100.7'],
});

/** Requests as honest clients send them, alike in nothing but that all of their parts are there. */
const ORDINARY: readonly JsonObject[] = [
  {
    ...{ method: 'GET', path: '/api/v1/orders?page=2&sort=date', statusCode: 200, ip: '198.51.100.7' },
    requestHeaders: headers('shop.example', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0'),
    responseHeaders: { 'content-type': ['application/json'], 'cache-control': ['no-store'] },
    ...{ requestPayload: '{"filter":"open"}', responsePayload: '{"orders":[{"id":17,"total":4.5}]}' },
  },
  {
    ...{ method: 'POST', path: '/sessions?lang=de', statusCode: 401, ip: '203.0.113.80' },
    requestHeaders: headers('login.bank.example', 'okhttp/4.12.0'),
    responseHeaders: { 'content-type': ['text/plain'], vary: ['accept'] },
    ...{ requestPayload: '{"user":"ana","otp":true}', responsePayload: '{"error":"wrong code"}' },
  },
  {
    ...{ method: 'DELETE', path: '/files/report?force=no', statusCode: 503, ip: '192.0.2.44' },
    requestHeaders: headers('10.0.3.9', 'curl/8.5.0'),
    responseHeaders: { 'retry-after': ['5'], server: ['nginx'] },
    ...{ requestPayload: '{"why":["old",7]}', responsePayload: '{"message":"try again"}' },
  },
];

/**
 * Whether a rule raises an alert on whatever request there is: what a template says whose logic is code at Akto, as with
 * a bare `.*`. Rules with windows count, which is logic enough.
 */
export function isCatchAll(rule: Rule): boolean {
  if (rule.feed !== 'malicious_events' || rule.aggregations.length > 0) return false;
  const set = compileRuleSet([rule]);
  return ORDINARY.every((payload) => set.match(viewOf({ payload }, rule.feed)).matches.length > 0);
}
