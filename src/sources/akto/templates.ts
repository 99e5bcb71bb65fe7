import { counted } from '../../core/counted.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { SourceError } from '../../core/source.ts';
import type { RuleTemplate, RuleTemplates } from '../../core/source-knowledge.ts';
import { named, quoted } from '../sentence.ts';
import type { AktoClient } from './client.ts';

/** A file of rules may be as long, its last line end included. */
const MOST_BYTES = 1_048_576;
const MOST_TEMPLATES = 5_000;
const LONGEST_ID = 512;
const EARLIEST_S = Date.UTC(2015, 0, 1) / 1_000;
const LATEST_S = Date.UTC(2100, 0, 1) / 1_000;

/** The filter templates that Akto judges by. Throws {@link SourceError}. */
export async function fetchTemplates(
  client: AktoClient,
  source: string,
  signal: AbortSignal,
): Promise<RuleTemplates> {
  const answer = await client.ask('fetchFilterYamlTemplate', {}, signal);
  const rows = answer['templates'];
  if (!Array.isArray(rows))
    throw new SourceError(
      'unavailable',
      `${named(source)} Akto answered fetchFilterYamlTemplate without a list of templates, which means that its back end is failing; ask again later`,
    );
  if (rows.length > MOST_TEMPLATES)
    throw new SourceError(
      'refused',
      `${named(source)} Akto has ${counted(rows.length, 'template')}, more than the ${MOST_TEMPLATES} that are read; check that url is Akto's address`,
    );
  return readTemplates(rows);
}

/** Every row, or why it cannot be used. Of those that share an id the one updated last counts. */
export function readTemplates(rows: readonly Json[]): RuleTemplates {
  const templates = new Map<string, RuleTemplate>();
  const rejected: { id?: string; problem: string }[] = [];
  for (const row of rows) {
    const read = readTemplate(isJsonObject(row) ? row : {});
    if ('problem' in read) {
      rejected.push(read);
      continue;
    }
    const other = templates.get(read.id);
    if (other !== undefined && other.content !== read.content) rejected.push(repeated(read.id));
    if (other === undefined || isNewer(read, other)) templates.set(read.id, read);
  }
  return { templates: [...templates.values()], rejected };
}

function readTemplate(row: JsonObject): RuleTemplate | { id?: string; problem: string } {
  const { id, content } = row;
  if (typeof id !== 'string' || id === '' || id === 'null' || id.length > LONGEST_ID)
    return { problem: `a template (id ${quoted(id)}) has no usable id and is left out` };
  if (typeof content !== 'string' || content.trim() === '' || content === 'null')
    return { id, problem: `the template ${quoted(id)} has no content and is left out` };
  if (Buffer.byteLength(content) >= MOST_BYTES)
    return { id, problem: `the template ${quoted(id)} is larger than 1 MiB and is left out` };
  const updatedAtMs = readSeconds(row['updatedAt']);
  return { id, content, ...(updatedAtMs === undefined ? {} : { updatedAtMs }) };
}

function repeated(id: string) {
  return { id, problem: `two templates have the id ${quoted(id)}; the one updated last counts` };
}

function isNewer(a: RuleTemplate, b: RuleTemplate): boolean {
  return (a.updatedAtMs ?? 0) > (b.updatedAtMs ?? 0);
}

function readSeconds(value: Json | undefined): number | undefined {
  const isSane = typeof value === 'number' && value >= EARLIEST_S && value < LATEST_S;
  return isSane ? Math.floor(value) * 1_000 : undefined;
}
