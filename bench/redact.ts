import { isJsonObject, type JsonObject } from '../src/core/json.ts';
import { decodePayload } from '../src/payload/index.ts';
import { createRedactor } from '../src/redaction/index.ts';
import { traffic } from './traffic.ts';

/* `npm run bench -- redact`: what masking costs: µs for an event of about 6 KB, ms for a megabyte made to cost much. */

const EVENTS = 400;
const ROUNDS = 25;
const HOSTILE = [
  'password="',
  'Cookie: a b ',
  'eyJaaaaaaa.',
  '4111 ',
  'a%3D',
  '://',
  '"name":"password","value":"',
  'sk-',
  '[redacted:',
  'password=[redacted: ',
  'Cookie:a\\n',
  'auth=\u00a0',
  '<password><![CDATA[ ',
];

const redactor = createRedactor();
const textForm = traffic(EVENTS, []).map((text): JsonObject => {
  const event: unknown = JSON.parse(text);
  return isJsonObject(event) ? event : {};
});
const jsonForm = textForm.map((event): JsonObject => {
  const { requestHeaders, responseHeaders, ...rest } = decodePayload(String(event['payload']));
  const headers = {
    requestHeaders: JSON.stringify(requestHeaders),
    responseHeaders: JSON.stringify(responseHeaders),
  };
  return { ...event, payload: JSON.stringify({ ...rest, ...headers }) };
});

/** Milliseconds of the best round: others' work on the machine only ever adds. */
function best(rounds: number, work: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

for (const [form, events] of Object.entries({ 'text format': textForm, JSON: jsonForm })) {
  const ms = best(ROUNDS, () => {
    for (const event of events) redactor.json(event);
  });
  console.log(`${form}: ${((ms * 1_000) / EVENTS).toFixed(1)} µs an event`);
}
for (const piece of HOSTILE) {
  const text = piece.repeat(Math.ceil(2 ** 20 / piece.length));
  console.log(`1 MiB of ${JSON.stringify(piece)}: ${best(3, () => redactor.text(text)).toFixed(0)} ms`);
}
