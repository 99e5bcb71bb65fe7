import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, createBench, event, idOf } from '../../test/pipeline/bench.ts';
import { type Ran, runTocsin } from '../../test/pipeline/fake-io.ts';
import type { Json } from '../core/json.ts';

const SECRET = 'hunter2-is-no-password';

let bench: Bench;
let config: string;
beforeEach(async () => {
  bench = createBench();
  config = join(bench.folder, 'config.yaml');
  writeConfig();
  await deadLetters();
});
afterEach(() => bench.close());

function writeConfig(store = './tocsin.db'): void {
  mkdirSync(join(bench.folder, 'rules'), { recursive: true });
  writeFileSync(join(bench.folder, 'rules', 'a.yaml'), 'id: a\nfilter: { filter_id: { eq: X } }\n');
  const text = `
sources:
  - { name: akto, type: akto, url: "https://akto.example", api_key: ${SECRET} }
destinations:
  - { name: soar, type: webhook, url: "https://soar.example/${SECRET}" }
store: sqlite:${store}
`;
  writeFileSync(config, text);
}

/** Two dead of `soar`, one dead of `siem`, one done and one waiting; numbered 1 to 5. */
async function deadLetters(): Promise<void> {
  const rows = ['soar', 'soar', 'siem', 'soar', 'soar'].map((destination, index) => {
    return { destination, kind: 'event' as const, deliveryId: idOf(`e${index + 1}`) };
  });
  await bench.store.transaction(async (tx) => {
    await tx.insertEvents(
      rows.map((_, index) => ({ event: event(`e${index + 1}`), rules: [] })),
      bench.clock.now(),
    );
    await tx.enqueue(rows, bench.clock.now());
  });
  const dead = [1, 2, 3].map((seq) => ({ seq, state: 'dead' as const, reason: 'the body is too long' }));
  await bench.store.settle([...dead, { seq: 4, state: 'done' }], bench.clock.now());
}

/** The store stays open beside it, as a daemon's does. */
const deliveries = (...args: readonly string[]): Promise<Ran> =>
  runTocsin(['deliveries', ...args, '-c', config], { cwd: bench.folder });

const states = async (): Promise<string> =>
  (await bench.store.listDeliveries({ limit: 10 })).map(({ state }) => state).join(' ');

describe('tocsin deliveries list', () => {
  it('lets no id speak to the terminal', async () => {
    const id = idOf('\u001b]0;all is well\u0007\n6  done\u202e');
    await bench.store.transaction((tx) =>
      tx.enqueue([{ destination: 'x', kind: 'event', deliveryId: id }], bench.clock.now()),
    );
    const { out } = await deliveries('list', '--destination', 'x');
    expect(out).toMatch(/^6 {2}pending.*\ufffd]0;all is well\ufffd\ufffd6 {2}done\ufffd\n$/);
  });

  it('tells what was given up, and why', async () => {
    const { code, out } = await deliveries('list', '--state', 'dead', '--destination', 'soar');
    expect(code).toBe(0);
    expect(out.split('\n').filter(Boolean)).toEqual([
      `1  dead  soar  1 attempt  ${idOf('e1')}  the body is too long`,
      `2  dead  soar  1 attempt  ${idOf('e2')}  the body is too long`,
    ]);
  });

  it('gives programs the very id, and a terminal nothing that it obeys', async () => {
    const id = idOf('\u009b31m\u202e\u2028\u{e0001}\u001b[2J');
    await bench.store.transaction((tx) =>
      tx.enqueue([{ destination: 'x', kind: 'event', deliveryId: id }], bench.clock.now()),
    );
    const { out } = await deliveries('list', '--destination', 'x', '--json');
    expect(out).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(out)).toMatchObject({ deliveryId: id });
  });

  it('tells programs the same, a line each', async () => {
    const { out } = await deliveries('list', '--json');
    const records = out
      .split('\n')
      .filter(Boolean)
      .map((line): Json => JSON.parse(line));
    expect(records).toHaveLength(5);
    expect(records[0]).toMatchObject({ seq: 1, state: 'dead', destination: 'soar', deliveryId: idOf('e1') });
  });

  it('says that there is more than it shows', async () => {
    const { out, err } = await deliveries('list', '--limit', '2');
    expect(out.split('\n').filter(Boolean)).toHaveLength(2);
    expect(err).toContain('raise --limit');
  });

  it('shows no secret', async () => {
    const { out, err } = await deliveries('list', '--json');
    expect(out + err).not.toContain(SECRET);
  });

  it('makes no store where there is none: it would belong to whoever asked', async () => {
    writeConfig('./elsewhere.db');
    const { code } = await deliveries('list');
    expect(code).toBe(2);
    expect(existsSync(join(bench.folder, 'elsewhere.db'))).toBe(false);
  });

  it('needs a valid configuration to find the store', async () => {
    writeFileSync(config, 'nonsense: 1');
    const { code, err } = await deliveries('list');
    expect(code).toBe(2);
    expect(err).toContain('is not valid, so its store cannot be found');
  });

  it('waits for no broken rule: what is done about deliveries has nothing to do with it', async () => {
    writeFileSync(join(bench.folder, 'rules', 'a.yaml'), 'id: a\nfilter: { nonsense: 1 }\n');
    expect((await deliveries('list')).code).toBe(0);
    expect((await deliveries('redrive', '1')).code).toBe(0);
    expect((await deliveries('discard', '2')).code).toBe(0);
    expect(await states()).toBe('pending done dead done pending');
  });

  it('says of a store that cannot be opened why', async () => {
    mkdirSync(join(bench.folder, 'folder.db'));
    writeConfig('./folder.db');
    const { code, err } = await deliveries('list');
    expect(code).toBe(2);
    expect(err).toMatch(/^tocsin: .*folder\.db/);
  });
});

describe.each([
  ['redrive', 'pending'],
  ['discard', 'done'],
])('tocsin deliveries %s', (command, after) => {
  it.each<[string, readonly string[], number, string]>([
    ['by number', ['2'], 1, `dead ${after} dead done pending`],
    ['by numbers', ['1', '3'], 2, `${after} dead ${after} done pending`],
    ['of a destination', ['-d', 'soar'], 2, `${after} ${after} dead done pending`],
    ['by number, of another destination', ['3', '-d', 'soar'], 0, 'dead dead dead done pending'],
    ['all', ['--all'], 3, `${after} ${after} ${after} done pending`],
    ['that are not dead: they are left as they are', ['4', '5'], 0, 'dead dead dead done pending'],
    ['that there are not', ['99'], 0, 'dead dead dead done pending'],
  ])('%s', async (_, args, changed, expected) => {
    const { code, out } = await deliveries(command, ...args, '--json');
    expect([code, JSON.parse(out)]).toEqual([changed === 0 ? 1 : 0, { changed }]);
    expect(await states()).toBe(expected);
  });

  it.each<[string, readonly string[]]>([
    ['nothing is said', []],
    ['a number is none', ['1', 'two']],
    ['a number is no whole one', ['1.5']],
  ])('changes nothing where %s', async (_, args) => {
    const { code, err } = await deliveries(command, ...args);
    expect(code).toBe(2);
    expect(err).toContain('deliveries list');
    expect(await states()).toBe('dead dead dead done pending');
  });
});

it.each([
  [
    'of a destination that has none, or is misspelt',
    ['-d', 'saor'],
    /^nothing is changed: there is no such dead letter/,
  ],
  ['of one', ['1'], /^1 dead delivery redriven;/],
  ['of several', ['-d', 'soar'], /^[12] dead deliver(y|ies) redriven;/],
] as const)('a redrive says how many: %s', async (_, args, told) => {
  expect((await deliveries('redrive', ...args)).out).toMatch(told);
});

it('a redriven delivery is due at once, under its old id', async () => {
  await deliveries('redrive', '1');
  const far = Number.MAX_SAFE_INTEGER / 2;
  const claimed = await bench.store.claim('soar', far, 1, 10);
  expect(claimed.map(({ delivery, attempts }) => [delivery.id, attempts])).toContainEqual([idOf('e1'), 0]);
});

it('a discarded delivery stays on record, with its reason', async () => {
  await deliveries('discard', '1');
  const [record] = await bench.store.listDeliveries({ limit: 1 });
  expect(record).toMatchObject({ state: 'done', reason: 'discarded: the body is too long' });
});
