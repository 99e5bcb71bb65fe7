import type { JsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import type { ListAnswer } from '../changing-list.ts';
import { named } from '../sentence.ts';

/** Everything the API lists comes as `{<key>: [...], total}`. A list that is not there is a failing back end. */
export function readList(body: JsonObject, key: 'actors' | 'apis', source: string): ListAnswer {
  const rows = body[key];
  if (!Array.isArray(rows)) {
    throw new SourceError(
      'unavailable',
      `${named(source)} Akto answered without a list of ${key}, which means that its back end is failing; it will be asked again`,
    );
  }
  const { total } = body;
  return typeof total === 'number' && total > 0 ? { rows, total } : { rows };
}
