import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { MANIFEST, rule, stageForEach, template } from './pull-stage.ts';

const on = stageForEach();

const EVERY_SECOND = ['--watch', '--schedule', '* * * * * *'];

/** Runs until the promise of `until` is there. */
async function watch(until: () => Promise<unknown>) {
  const stop = new AbortController();
  const running = on.stage.run(['rules', 'pull', ...EVERY_SECOND], { stop: stop.signal });
  await until().finally(() => stop.abort());
  return running;
}

const rounds = (): number => on.stage.server.requestsTo('fetchFilterYamlTemplate').length;
const isThere = (name: string) => (): void => expect(existsSync(join(on.stage.into, name))).toBe(true);
const waitFor = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 60_000, interval: 20 });

it('pulls at once and by the schedule, tells what is new, and ends well when asked to', async () => {
  on.stage.server.setTemplates([template('A')]);
  const { code, out, err } = await watch(async () => {
    await waitFor(isThere('A.yaml'));
    await waitFor(isThere(MANIFEST));
    on.stage.server.setTemplates([template('A'), template('B')]);
    await waitFor(isThere('B.yaml'));
  });
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('new      rules/pulled/A.yaml\n1 new, 0 changed, 0 kept, 0 unchanged\n');
  expect(out).toContain('new      rules/pulled/B.yaml\n1 new, 0 changed, 0 kept, 1 unchanged\n');
});

it('tells of a round that failed, and tries again at the next', async () => {
  on.stage.server.setTemplates([template('A')]);
  on.stage.server.setHazards({
    answer: ({ index }) => (index === 0 ? { kind: 'exception' } : undefined),
  });
  const { code, err } = await watch(() => waitFor(isThere('A.yaml')));
  expect([code, rounds()]).toEqual([0, 2]);
  expect(err).toMatch(/^tocsin: source "akto0": .*\(422\).*; the next round tries again\n$/);
  expect(on.stage.pulled('A.yaml')).toBe(rule('A'));
});

it('does not begin where no round could be better', async () => {
  on.stage.configure([on.stage.server.url, on.stage.server.url]);
  const { code, err } = await on.stage.pull(...EVERY_SECOND);
  expect([code, rounds()]).toEqual([2, 0]);
  expect(err).toContain('--source');
});
