import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messages } from '../pipeline/bench.ts';
import { type Answer, type AnswerStage, createAnswerStage, HTML, SIGN_IN, says } from './answer-stage.ts';

let stage: AnswerStage;
beforeEach(() => {
  stage = createAnswerStage();
});
afterEach(() => stage.close());

const HELD = 'destination held: it takes nothing until somebody acts';
/** A firewall that answers in the place of the receiver for what it finds in the third group's alert. */
const firewall: Answer = (request, response, body) =>
  body.includes('alert/g3/') ? says(200, SIGN_IN, HTML)(request, response) : says(200)(request, response);

describe('a channel whose answers nobody understands', () => {
  it('is not flooded with what waits, and is held', async () => {
    await stage.enqueue(200);
    const { posts } = await stage.course('slack', says(200, 'what?'), { isRestarted: false });
    expect(posts.slice(0, 4)).toEqual([0, 5_000, 25_000, 55_000]);
    expect(posts.length).toBeLessThan(15);
    expect((await stage.states()).filter((state) => state === 'dead').length).toBeLessThanOrEqual(4);
    const held = stage.bench.logs.find(({ msg }) => msg === HELD);
    expect(held?.['reason']).toMatch(/^3 answers in a row .*see whether its url is right$/);
  });

  it('loses nothing once it is mended', async () => {
    await stage.enqueue(50);
    const before = await stage.course('slack', says(200, 'what?'), { forMs: 20_000, isRestarted: false });
    const after = await stage.course('slack', says(200, 'ok', 'text/plain'));
    expect([before.posts.length, after.posts.length]).toEqual([2, 50]);
    expect(new Set(await stage.states())).toEqual(new Set(['done']));
  });
});

describe('one message that a firewall answers for', () => {
  it('is given up alone, and holds nothing up', async () => {
    await stage.enqueue(20);
    const { bodies } = await stage.course('tocsin', firewall, { isRestarted: false });
    const states = await stage.states();
    expect(bodies.filter((body) => body.includes('alert/g3/'))).toHaveLength(3);
    expect([states[3], states.filter((state) => state === 'done').length]).toEqual(['dead', 19]);
    expect(messages(stage.bench.logs)).not.toContain(HELD);
  });

  it('and two more hold the others up for half a minute at most', async () => {
    await stage.enqueue(20);
    const answer: Answer = (request, response, body) =>
      /alert.g[0-2]\//.test(body)
        ? says(200, SIGN_IN, HTML)(request, response)
        : says(200)(request, response);
    const { posts } = await stage.course('tocsin', answer, { isRestarted: false });
    const states = await stage.states();
    expect(posts.slice(0, 4)).toEqual([0, 5_000, 25_000, 55_000]);
    expect(posts[4]).toBeLessThan(56_000);
    expect([posts.length, states.filter((state) => state === 'done').length]).toEqual([17 + 9, 17]);
  });

  it.each([true, false])('takes no other of its batch along (restarted: %s)', async (isRestarted) => {
    await stage.enqueue(20);
    const config = { batch: { max_items: 10 } };
    const { bodies } = await stage.course('tocsin', firewall, { isRestarted, config });
    const states = await stage.states();
    for (let index = 0; index < 20; index += 1) {
      const times = bodies.filter((body) => body.includes(`alert/g${index}/`)).length;
      expect(times).toBeLessThanOrEqual(index === 3 ? 3 : 2);
    }
    expect([states[3], states.filter((state) => state === 'done').length]).toEqual(['dead', 19]);
  });

  it('takes no other of its batch along in Splunk', async () => {
    await stage.enqueue(20);
    const ok = says(200, '{"text":"Success","code":0}');
    const answer: Answer = (request, response, body) =>
      body.includes('alert/g3/') ? firewall(request, response, body) : ok(request, response);
    await stage.course('splunk_hec', answer);
    const states = await stage.states();
    expect([states[3], states.filter((state) => state === 'done').length]).toEqual(['dead', 19]);
  });
});
