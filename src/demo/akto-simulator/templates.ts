import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Endpoint, Template } from './backend.ts';

/** When the reference page's own template was made. */
const CREATED_S = 1_751_743_962;
const INFO_KEYS = [
  'name',
  'description',
  'details',
  'impact',
  'category',
  'subCategory',
  'severity',
  'references',
  'tags',
  'cwe',
  'cve',
  'remediation',
  'compliance',
];

export const fetchFilterYamlTemplate: Endpoint = {
  lists: ['templates'],
  answer: (_body, { templates }) => ({ templates: templates.map(templateRow), content: 'null' }),
};

function templateRow({ id, content, author, createdAt, updatedAt, info }: Template): JsonObject {
  const created = createdAt ?? CREATED_S;
  return {
    createdAt: created,
    author: author ?? 'AKTO',
    id,
    content,
    info: info ?? infoOf(content),
    updatedAt: updatedAt ?? created,
  };
}

/** Every key is there; those without a value hold the string `"null"`. */
function infoOf(content: string): JsonObject {
  const info = writtenInfo(content);
  return Object.fromEntries(INFO_KEYS.map((key) => [key, info[key] ?? 'null']));
}

function writtenInfo(content: string): JsonObject {
  try {
    const template: unknown = parse(content);
    const info = isJsonObject(template) ? template['info'] : undefined;
    return isJsonObject(info) ? info : {};
  } catch {
    // A server keeps what people wrote, be it YAML or not.
    return {};
  }
}
