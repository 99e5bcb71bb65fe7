/**
 * Loaded before the built daemon (`node --import`), never part of it: each SIGUSR2 lets `FLOOD_STEP_MS` pass at once, and
 * whatever had waited for a time within that step wakes. So an hour of quiet need not be waited for, and nothing restarts.
 * How many steps were taken stands in the file `FLOOD_STEPS`: signals that come at once are one.
 */

import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const RealDate = Date;
const stepMs = Number(process.env['FLOOD_STEP_MS'] ?? 0);
const stepsFile = process.env['FLOOD_STEPS'] ?? '';
let steps = 0;
let aheadMs = 0;

const now = (): number => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
});

interface Waiting {
  readonly dueMs: number;
  readonly wake: () => void;
}

const waiting = new Map<unknown, Waiting>();
const realTimeout = globalThis.setTimeout;
const realClear = globalThis.clearTimeout;

globalThis.setTimeout = new Proxy(realTimeout, {
  apply: (target, self, [work, ms = 0, ...args]) => {
    const wake = (): void => {
      waiting.delete(timer);
      if (typeof work === 'function') work(...args);
    };
    const timer: unknown = Reflect.apply(target, self, [wake, ms]);
    if (typeof ms === 'number') waiting.set(timer, { dueMs: now() + ms, wake });
    return timer;
  },
});

globalThis.clearTimeout = new Proxy(realClear, {
  apply: (target, self, [timer]) => {
    waiting.delete(timer);
    return Reflect.apply(target, self, [timer]);
  },
});

function pass(): void {
  aheadMs += stepMs;
  steps += 1;
  for (const [timer, { dueMs, wake }] of [...waiting]) {
    if (dueMs > now()) continue;
    Reflect.apply(realClear, globalThis, [timer]);
    wake();
  }
  writeFileSync(stepsFile, String(steps));
}

if (isMainThread) process.on('SIGUSR2', pass);
