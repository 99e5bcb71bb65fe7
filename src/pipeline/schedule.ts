import cron from 'node-cron';
import type { Poller } from './poll.ts';

/** The library would print to the console. A missed tick is nothing to tell: the cursor catches up. */
const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/**
 * Runs a poller: one at once, then by its cron schedule (UTC, so that no hour is skipped or
 * read twice when clocks change). A tick that finds a poll under way does nothing: the poll has a
 * deadline, and a poll that ends behind its feed is followed by another without waiting.
 */
export function createSchedule(name: string, schedule: string, poller: Poller) {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const task = cron.createTask(schedule, trigger, { name, timezone: 'UTC', logger: SILENT });

  function trigger(): void {
    if (running !== undefined || stopping.signal.aborted) return;
    running = pollUntilRead().finally(() => {
      running = undefined;
    });
  }

  async function pollUntilRead(): Promise<void> {
    let behind = true;
    while (behind && !stopping.signal.aborted) {
      behind = (await poller.pass(stopping.signal)).includes('behind');
    }
  }

  return {
    async start(): Promise<void> {
      await task.start();
      trigger();
    },
    /** Stops at the next page's end and resolves when that is committed. */
    async stop(): Promise<void> {
      stopping.abort();
      await task.destroy();
      await running;
    },
  };
}

export type Schedule = ReturnType<typeof createSchedule>;
