/**
 * Loaded before the built daemon (`node --import`), never part of it: lets its time run faster, steps its clock, and
 * kills it at the n-th time that it reaches a point of its work. Told by the environment:
 * - `CHAOS_PACE` and `CHAOS_EPOCH_MS`: from the epoch on, so many seconds pass in one.
 * - `CHAOS_STEP`: `AT:BY`, ms of real time after the start, and the ms by which the clock then jumps.
 * - `CHAOS_KILL`: `POINT:N`, as in plan.ts.
 * - `CHAOS_LIFE`: which life this is. Each request says it in a header, for what a process sent just before its death is
 *   often read by the receiver after it.
 */

import { subscribe } from 'node:diagnostics_channel';
import { open } from 'node:fs/promises';
import http from 'node:http';
import { DatabaseSync, StatementSync } from 'node:sqlite';

const RealDate = Date;
const startedMs = RealDate.now();
const pace = Number(process.env['CHAOS_PACE'] ?? 1);
const epochMs = Number(process.env['CHAOS_EPOCH_MS'] ?? startedMs);
const [stepAtMs = Number.POSITIVE_INFINITY, stepMs = 0] = (process.env['CHAOS_STEP'] ?? '')
  .split(':')
  .filter((text) => text !== '')
  .map(Number);
const [killPoint = '', killAt = '0'] = (process.env['CHAOS_KILL'] ?? '').split(':');

function now(): number {
  const realMs = RealDate.now();
  const steppedMs = realMs - startedMs >= stepAtMs ? stepMs : 0;
  return Math.round(epochMs + (realMs - epochMs) * pace + steppedMs);
}

globalThis.Date = new Proxy(RealDate, {
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
});

const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = new Proxy(realTimeout, {
  apply: (target, self, [work, ms, ...args]) =>
    Reflect.apply(target, self, [work, typeof ms === 'number' ? ms / pace : ms, ...args]),
});

const life = process.env['CHAOS_LIFE'] ?? '';
subscribe('http.client.request.created', (message) => {
  if (message !== null && typeof message === 'object' && 'request' in message)
    if (message.request instanceof http.ClientRequest) message.request.setHeader('x-chaos-life', life);
});

let reached = 0;

/** SIGKILL leaves no time for anything: whatever comes after this line never happens. */
function reach(point: string): void {
  if (point !== killPoint) return;
  reached += 1;
  if (reached === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  if (sql === 'BEGIN IMMEDIATE') reach('begin');
  if (sql === 'COMMIT') reach('commit');
  exec.call(this, sql);
  if (sql === 'COMMIT') reach('committed');
};

StatementSync.prototype.run = new Proxy(StatementSync.prototype.run, {
  apply: (target, self, args) => {
    reach('statement');
    return Reflect.apply(target, self, args);
  },
});

http.ClientRequest.prototype.end = new Proxy(http.ClientRequest.prototype.end, {
  apply: (target, self, args) => {
    reach('send');
    return Reflect.apply(target, self, args);
  },
});

http.ClientRequest.prototype.emit = new Proxy(http.ClientRequest.prototype.emit, {
  apply: (target, self, args) => {
    if (args[0] === 'response') reach('answer');
    return Reflect.apply(target, self, args);
  },
});

const handle = await open('/dev/null', 'r');
const files = Object.getPrototypeOf(handle);
await handle.close();
for (const [method, before, after] of [
  ['write', 'write', ''],
  ['datasync', 'sync', 'synced'],
] as const) {
  files[method] = new Proxy(files[method], {
    async apply(target, self, args) {
      reach(before);
      const result = await Reflect.apply(target, self, args);
      reach(after);
      return result;
    },
  });
}
