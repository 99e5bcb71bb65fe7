import type { Source } from '../core/source.ts';
import type { AdapterDeps } from '../schema/adapter.ts';
import type { TocsinConfig } from './load.ts';

/** Makes the configured sources, hands them over, and closes all of them. */
export async function withSources<T>(
  configured: TocsinConfig['sources'],
  deps: AdapterDeps,
  use: (sources: readonly Source[]) => Promise<T>,
): Promise<T> {
  const sources = configured.map((source) => source.create(deps));
  try {
    return await use(sources);
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}
