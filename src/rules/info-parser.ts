import { isJsonObject, type Json } from '../core/json.ts';
import { parseSeverity, SEVERITIES, type Severity } from '../core/severity.ts';
import { entryOf, kindName, type PositionedEntry, plain } from './positioned.ts';
import { didYouMean, type ProblemList } from './problems.ts';
import type { RuleInfo } from './rule.ts';

/** Reads `info`: what the rule is called, and how severe its alerts are. */
export function parseInfo(
  entry: PositionedEntry | undefined,
  problems: ProblemList,
): { info: RuleInfo; severity?: Severity } {
  if (entry === undefined || isNothing(entry)) return { info: { other: {} } };
  if (entry.value.kind !== 'map') {
    problems.error(
      'wrong-type',
      entry.value.place ?? entry.place,
      `info takes a map, not ${kindName(entry.value)}.`,
    );
    return { info: { other: {} } };
  }
  const severity = severityOf(entryOf(entry.value, 'severity'), problems);
  return { info: infoFrom(plain(entry.value)), ...(severity === undefined ? {} : { severity }) };
}

function isNothing({ value }: PositionedEntry): boolean {
  return value.kind === 'scalar' && value.value === null;
}

function severityOf(entry: PositionedEntry | undefined, problems: ProblemList): Severity | undefined {
  const value = entry && plain(entry.value);
  const severity = parseSeverity(value);
  if (severity === undefined && value !== undefined && value !== null && value !== '') {
    problems.error(
      'bad-value',
      entry?.value.place,
      `severity takes one of ${SEVERITIES.join(', ')}${didYouMean(String(value).toUpperCase(), SEVERITIES) || '.'}`,
    );
  }
  return severity;
}

function infoFrom(value: Json): RuleInfo {
  if (!isJsonObject(value)) return { other: {} };
  const { name, description, category, subCategory, ...other } = value;
  const categoryName = isJsonObject(category) ? category['name'] : category;
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof categoryName === 'string' ? { category: categoryName } : {}),
    ...(typeof subCategory === 'string' ? { subCategory } : {}),
    other,
  };
}
