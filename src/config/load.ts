import { dirname, resolve } from 'node:path';
import type { Problem } from '../core/problem.ts';
import { buildDestinations, buildSources } from './adapters.ts';
import { alternativesOf } from './alternatives.ts';
import { assemble, type Parts } from './assemble.ts';
import type { Finding } from './codes.ts';
import { type PositionedFile, positionYaml } from './document.ts';
import { checkSecrets } from './doubtful.ts';
import { compileFilters } from './filters.ts';
import type { Environment } from './interpolate.ts';
import { check } from './issues.ts';
import { plainSchema } from './json-schema.ts';
import { isMapping, listOf } from './names.ts';
import { type Reading, readValues } from './reader.ts';
import { checkReferences } from './references.ts';
import { toProblems, trusted } from './report.ts';
import { secretFileReader } from './secret-file.ts';
import { type Selections, selectionsOf } from './selections.ts';
import { DEFAULT_RULE_PATHS, fileShape } from './shape.ts';
import { checkSpeaking } from './speaking.ts';
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
  /** Where the rules are, absolute: told of a file with errors too, so that rules can be checked along with it. */
  readonly rulePaths: readonly string[];
  /** Of a file with errors too, as far as it can be read; absent where it stops being YAML. */
  readonly selections?: Selections<Filter>;
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
  const { selections } = judged;
  const isWhole = yaml.trustedUntil === Number.POSITIVE_INFINITY;
  const selected = isWhole && selections !== undefined ? { selections } : {};
  const rulePaths = rulePathsOf(reading.value).map((path) => resolve(folder, path));
  if (judged.parts === undefined || problems.some(({ severity }) => severity === 'error'))
    return { problems, rulePaths, ...selected };
  const { config, findings } = assemble({ file: options.file, folder, ...judged.parts }, reading.places);
  return {
    config,
    problems: toProblems([...errors, ...findings], judged.problems, yaml, reading, options.file),
    rulePaths: config.rules.paths,
    ...selected,
  };
}

interface Judged<Filter> {
  readonly findings: readonly Finding[];
  /** What filters' own compiler found. */
  readonly problems: readonly Problem[];
  /** Absent where the file's own keys are wrong. */
  readonly parts?: Omit<Parts<Filter>, 'file' | 'folder'>;
  readonly selections?: Selections<Filter>;
}

/** What can be read of `rules.paths` as it stands, whatever is wrong around it. */
function rulePathsOf(value: unknown): readonly string[] {
  const rules = isMapping(value) ? value['rules'] : undefined;
  const paths = isMapping(rules) ? rules['paths'] : undefined;
  return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : DEFAULT_RULE_PATHS;
}

/** Everything that validation can say, whatever is wrong elsewhere. */
function judge<Filter>(reading: Reading, yaml: PositionedFile, options: LoadOptions<Filter>): Judged<Filter> {
  const { value, places } = reading;
  if (!isMapping(value))
    return { findings: [...reading.findings, ...notAMapping(reading, yaml)], problems: [] };
  const checked = check(fileShape, value, [], places);
  const { registry } = options;
  const sources = buildSources(listOf(value, 'sources'), registry.sources, places);
  const folder = dirname(resolve(options.cwd, options.file));
  const destinations = buildDestinations(
    listOf(value, 'destinations'),
    registry.destinations,
    places,
    folder,
  );
  const { problems, ...filters } = compileFilters(reading, yaml, options);
  const own = 'findings' in checked ? checked.findings : checkSpeaking(checked.data, places);
  const between = checkReferences({
    ...{ value, places, groupTerms: registry.groupTerms, alertTerms: registry.alertTerms },
    streams: new Map(destinations.built.map(({ name, send }) => [name, send])),
  });
  const built = { sources: sources.built, destinations: destinations.built };
  return {
    findings: [
      ...reading.findings,
      ...checkSecrets(places),
      ...own,
      ...sources.findings,
      ...destinations.findings,
      ...between,
    ],
    problems,
    selections: selectionsOf(reading, yaml, filters, sources.built),
    ...('data' in checked && {
      parts: { checked: checked.data, ...built, filters },
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
