import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { isPulledName } from './templates-name.ts';

export const MANIFEST_NAME = '.tocsin-pull.json';

/** What is remembered of a file that was pulled. */
export interface PulledFile {
  /** The source's name in the configuration. */
  readonly source: string;
  /** The server's id of the template. */
  readonly id: string;
  /** Of the bytes that were last written; absent until they are for the first time. */
  readonly sha256?: string;
  /** Of bytes that are being written, or were when the writing was cut off: they are ours too. */
  readonly writing?: string;
  readonly updatedAtMs?: number;
}

/** By file name. */
export type Manifest = ReadonlyMap<string, PulledFile>;

/** Undefined where the text is no manifest. Entries whose names could lead elsewhere are left out. */
export function parseManifest(text: string): Manifest | undefined {
  const files = filesIn(text);
  if (files === undefined) return undefined;
  return new Map(
    Object.entries(files).flatMap(([name, entry]): [string, PulledFile][] => {
      const file = isPulledName(name) ? pulledFile(entry) : undefined;
      return file === undefined ? [] : [[name, file]];
    }),
  );
}

/** In the order of its names, so that it changes only where a file does. */
export function formatManifest(manifest: Manifest): string {
  const files = [...manifest].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ version: 1, files: Object.fromEntries(files) }, null, 2)}\n`;
}

function filesIn(text: string): JsonObject | undefined {
  try {
    const root: unknown = JSON.parse(text);
    const files = isJsonObject(root) ? root['files'] : undefined;
    return isJsonObject(files) ? files : undefined;
  } catch {
    return undefined;
  }
}

function pulledFile(entry: Json | undefined): PulledFile | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { source, id, sha256, writing, updatedAtMs } = entry;
  if (typeof source !== 'string' || typeof id !== 'string') return undefined;
  return {
    source,
    id,
    ...(typeof sha256 === 'string' ? { sha256 } : {}),
    ...(typeof writing === 'string' ? { writing } : {}),
    ...(typeof updatedAtMs === 'number' ? { updatedAtMs } : {}),
  };
}
