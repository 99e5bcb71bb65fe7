import { resolve } from 'node:path';
import { z } from 'zod';
import { STREAMS } from '../../core/delivery.ts';
import { askedBudget, askedRate, redactSwitch } from '../../schema/destination.ts';
import { byteSize, duration, integer, name } from '../../schema/values.ts';
import { SIEM_SCHEMAS } from '../siem-text.ts';

/** `path` of the process's own output. */
export const STDOUT = '-';

const batch = z.strictObject({
  /** Of one delivery: all of it is on disk before any of it counts as delivered. */
  max_items: integer({ min: 1, max: 5_000 }).default(500),
});

/** `type: file`: a line for each delivery, in a file that rotates, or on stdout. */
export const fileConfig = z.strictObject({
  name: name(),
  type: z.literal('file'),
  /** Relative to the configuration's folder; `-` is stdout. */
  path: z
    .string({ error: 'expected the path of a file, or "-" for stdout' })
    .min(1, { error: 'expected the path of a file, or "-" for stdout' })
    .refine((path) => !path.includes('\0') && !path.endsWith('/'), { error: 'expected the path of a file' }),
  send: z.array(z.enum(STREAMS)).min(1).default(['matches', 'alerts']),
  /** The shape of each line: JSON, or CEF. */
  schema: z.enum(SIEM_SCHEMAS).default('raw'),
  /** A file that would pass it is put away first. */
  max_size: byteSize({ min: '64KiB', max: '1024GiB' }).prefault('100MiB'),
  /** Also when a UTC day or hour is over. */
  rotate: z.enum(['never', 'daily', 'hourly']).default('never'),
  /** Files put away; the oldest beyond them are deleted. */
  keep: integer({ min: 1, max: 1_000 }).default(10),
  batch: batch.prefault({}),
  /** Only where people read what arrives: notifications beyond it are summed up in one. */
  rate: askedRate().optional(),
  /** Of what waits for it; where absent, only the store's bound counts. */
  budget: askedBudget().optional(),
  redact: redactSwitch().prefault('on'),
  /** For one batch, until all of it is on disk. */
  timeout: duration({ min: '1s', max: '5m' }).prefault('30s'),
});

export type FileConfig = z.output<typeof fileConfig>;

export function locateFile(config: FileConfig, folder: string): FileConfig {
  return config.path === STDOUT ? config : { ...config, path: resolve(folder, config.path) };
}
