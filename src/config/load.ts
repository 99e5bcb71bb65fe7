import { dirname, resolve } from 'node:path';
import type { Node } from 'yaml';
import type { Problem } from '../core/problem.ts';
import { buildDestinations, buildSources } from './adapters.ts';
import { alternativesOf } from './alternatives.ts';
import { assemble } from './assemble.ts';
import type { Finding } from './codes.ts';
import { type PositionedFile, positionYaml } from './document.ts';
import type { Environment } from './interpolate.ts';
import { check } from './issues.ts';
import { plainSchema } from './json-schema.ts';
import { type Reading, readValues } from './reader.ts';
import { checkReferences, isMapping, listOf } from './references.ts';
import { secretFileReader } from './secret-file.ts';
import { fileShape } from './shape.ts';
import type { Config, Registry } from './types.ts';

export interface LoadOptions<Filter> {
  /** As the operator named it; messages call it so. */
  readonly file: string;
  readonly text: string;
  readonly env: Environment;
  /** What `file` is relative to. */
  readonly cwd: string;
  /** Reads a file that a `*_file` key names (an absolute path); throws where it cannot. */
  readonly readFile: (path: string) => string;
  readonly registry: Registry<Filter>;
}

export interface Loaded<Filter> {
  /** Absent where any problem is an error. */
  readonly config?: Config<Filter>;
  /** Every problem there is, in the file's order. */
  readonly problems: readonly Problem[];
}

/**
 * Text to configuration: YAML with places, `${VAR}` and `*_file` filled in, validated, frozen. Never
 * throws; no message holds a secret or a value that came from the environment.
 */
export function loadConfig<Filter>(options: LoadOptions<Filter>): Loaded<Filter> {
  const yaml = positionYaml(options.text);
  const folder = dirname(resolve(options.cwd, options.file));
  const shapes = alternativesOf(plainSchema(options.registry));
  const reading = readValues(yaml.document, shapes, {
    env: options.env,
    readSecretFile: secretFileReader(folder, options.readFile),
  });
  const judged = judge(reading, yaml, options);
  const errors = [...trusted(judged.findings, yaml, reading), ...yaml.findings];
  const problems = toProblems(errors, judged.problems, yaml, reading, options.file);
  if (judged.parts === undefined || problems.some(({ severity }) => severity === 'error'))
    return { problems };
  const { config, findings } = assemble({ file: options.file, folder, ...judged.parts }, reading.places);
  return {
    config,
    problems: toProblems([...errors, ...findings], judged.problems, yaml, reading, options.file),
  };
}

/** Everything that validation can say, whatever is wrong elsewhere. */
function judge<Filter>(reading: Reading, yaml: PositionedFile, { file, registry }: LoadOptions<Filter>) {
  const { value, places } = reading;
  if (!isMapping(value))
    return { findings: [...reading.findings, ...notAMapping(reading, yaml)], problems: [] };
  const checked = check(fileShape, value, [], places);
  const sources = buildSources(listOf(value, 'sources'), registry.sources, places);
  const destinations = buildDestinations(listOf(value, 'destinations'), registry.destinations, places);
  const routes = listOf(value, 'routes');
  const filters = routes.map((_, i) => compileWhen(i, reading, yaml, file, registry));
  const references = checkReferences({
    sources: listOf(value, 'sources'),
    destinations: listOf(value, 'destinations'),
    routes,
    streams: new Map(destinations.built.map(({ name, send }) => [name, send])),
    places,
  });
  return {
    findings: [
      ...reading.findings,
      ...('findings' in checked ? checked.findings : []),
      ...sources.findings,
      ...destinations.findings,
      ...references,
    ],
    problems: filters.flatMap(({ problems }) => problems),
    ...('data' in checked && {
      parts: {
        checked: checked.data,
        sources: sources.built,
        destinations: destinations.built,
        filters: filters.map(({ filter }) => filter),
      },
    }),
  };
}

function notAMapping({ findings, value }: Reading, yaml: PositionedFile): Finding[] {
  if (findings.length + yaml.findings.length > 0) return [];
  const offset = yaml.document.contents?.range[0] ?? 0;
  if (value === undefined || value === null) {
    return [
      {
        code: 'missing-key',
        offset,
        message: 'the file is empty: give at least "sources" and "destinations"',
      },
    ];
  }
  return [{ code: 'wrong-type', offset, message: 'expected a mapping with "sources" and "destinations"' }];
}

interface Compiled<Filter> {
  readonly filter?: Filter;
  readonly problems: readonly Problem[];
}

function compileWhen<Filter>(
  route: number,
  { places }: Reading,
  yaml: PositionedFile,
  file: string,
  registry: Registry<Filter>,
): Compiled<Filter> {
  const path = ['routes', route, 'when'];
  const place = places.at(path);
  const node: Node | undefined = place?.node;
  if (place === undefined || node === undefined || places.anyUnread(path)) return { problems: [] };
  if (place.offset >= yaml.trustedUntil) return { problems: [] };
  const { problems, ...compiled } = registry.compileWhen(node, { file, lineCounter: yaml.lineCounter });
  const hidden = places.hiddenTexts(path);
  return {
    ...compiled,
    problems: problems.map((problem) => ({ ...problem, message: mask(problem.message, hidden) })),
  };
}

/** After a syntax error, only what stands in earlier top-level entries is sure to mean what it says. */
function trusted(findings: readonly Finding[], yaml: PositionedFile, { places }: Reading): Finding[] {
  if (yaml.trustedUntil === Number.POSITIVE_INFINITY) return [...findings];
  const root = places.at([])?.offset;
  return findings.filter(
    ({ code, offset }) =>
      offset < yaml.trustedUntil &&
      code !== 'unknown-destination' &&
      !(code === 'missing-key' && offset === root),
  );
}

/** A text this short is a word that messages need, not a secret. */
const MIN_HIDDEN_CHARS = 6;

function toProblems(
  findings: readonly Finding[],
  others: readonly Problem[],
  yaml: PositionedFile,
  { places }: Reading,
  file: string,
): Problem[] {
  const hidden = places.hiddenTexts().filter((text) => text.length >= MIN_HIDDEN_CHARS);
  const problems = findings.map(({ code, offset, message, severity = 'error' }): Problem => {
    const { line, column } = positionOf(offset, yaml);
    return { code, severity, message: mask(message, hidden), file, line, column };
  });
  const byPlace = new Map([...problems, ...others].map((problem) => [JSON.stringify(problem), problem]));
  return [...byPlace.values()].sort(inFileOrder);
}

function inFileOrder(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function positionOf(offset: number, { lineCounter }: PositionedFile): { line: number; column: number } {
  const { line, col } = lineCounter.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function mask(message: string, hidden: readonly string[]): string {
  return hidden.reduce((masked, text) => masked.replaceAll(text, '[hidden]'), message);
}
