import type { Stream } from '../core/delivery.ts';
import type { DestinationType, SourceType } from '../schema/adapter.ts';
import type { Finding } from './codes.ts';
import { deepFreeze } from './freeze.ts';
import { check } from './issues.ts';
import { isMapping } from './names.ts';
import type { Path, Places } from './places.ts';
import { UNREAD } from './reader.ts';
import type { ConfiguredDestination, ConfiguredSource, DestinationConfig, SourceConfig } from './types.ts';
import { describe, nearest, plainName, quoted, suggestion } from './words.ts';

export interface Built<T> {
  readonly built: readonly T[];
  readonly findings: readonly Finding[];
}

export function buildSources(
  entries: readonly unknown[],
  types: readonly SourceType<SourceConfig>[],
  places: Places,
): Built<ConfiguredSource> {
  return buildEach('sources', entries, types, places, (type, entry, path) => {
    const checked = check(type.config, entry, path, places);
    if ('findings' in checked) return checked;
    const settings = deepFreeze(checked.data);
    const feeds = type.feeds?.(settings);
    return {
      data: {
        ...{ name: settings.name, type: type.type, settings },
        ...(feeds !== undefined && { feeds }),
        create: (deps) => type.create(settings, deps),
      },
    };
  });
}

export function buildDestinations(
  entries: readonly unknown[],
  types: readonly DestinationType<DestinationConfig>[],
  places: Places,
  /** The configuration's: what its paths are relative to. */
  folder: string,
): Built<ConfiguredDestination> {
  const taken = new Set<string>();
  return buildEach('destinations', entries, types, places, (type, entry, path) => {
    const checked = check(type.config, entry, path, places);
    if ('findings' in checked) return checked;
    const settings = deepFreeze(type.locate?.(checked.data, folder) ?? checked.data);
    const own = type.exclusive?.(settings);
    if (own !== undefined && taken.has(own)) return { findings: [sharedOutput(path, places)] };
    if (own !== undefined) taken.add(own);
    const send: readonly Stream[] = settings.send;
    return {
      data: {
        name: settings.name,
        type: type.type,
        send,
        ...(settings.budget === undefined ? {} : { budget: settings.budget }),
        settings,
        ...(type.recall === undefined ? {} : { recall: type.recall }),
        create: (deps) => type.create(settings, deps),
      },
    };
  });
}

/** What it is may have come from the environment, so it is not named. */
function sharedOutput(path: Path, places: Places): Finding {
  const message =
    'another destination writes there already: give each a "path" of its own, and stdout to one only';
  return { code: 'shared-output', offset: places.around([...path, 'path'])?.offset ?? 0, message };
}

interface NamedType {
  readonly type: string;
  readonly otherNames?: Readonly<Record<string, string>>;
}

type Build<Type, T> = (
  type: Type,
  entry: unknown,
  path: Path,
) => { data: T } | { findings: readonly Finding[] };

function buildEach<Type extends NamedType, T>(
  key: string,
  entries: readonly unknown[],
  types: readonly Type[],
  places: Places,
  build: Build<Type, T>,
): Built<T> {
  const results = entries.map((entry, i) => buildOne([key, i], entry, types, places, build));
  return {
    built: results.flatMap(({ data }) => data ?? []),
    findings: results.flatMap(({ findings }) => findings),
  };
}

interface OneBuilt<T> {
  readonly data?: T;
  readonly findings: readonly Finding[];
}

/** An entry of a misspelt type is checked as what it was probably meant to be: every problem at once. */
function buildOne<Type extends NamedType, T>(
  path: Path,
  entry: unknown,
  types: readonly Type[],
  places: Places,
  build: Build<Type, T>,
): OneBuilt<T> {
  const { type, findings } = typeOf(path, entry, types, places);
  if (type === undefined || !isMapping(entry)) return { findings };
  const result = build(type, { ...entry, type: type.type }, path);
  return 'data' in result ? { data: result.data, findings } : { findings: [...findings, ...result.findings] };
}

function typeOf<Type extends NamedType>(
  path: Path,
  entry: unknown,
  types: readonly Type[],
  places: Places,
): { readonly type?: Type; readonly findings: readonly Finding[] } {
  if (entry === UNREAD) return { findings: [] };
  const at = (place: Path): number => places.around(place)?.offset ?? 0;
  const valid = types.map(({ type }) => type);
  if (!isMapping(entry)) {
    const message = `${path[0]}[${path[1]}]: expected a mapping, found ${describe(entry)}`;
    return { findings: [{ code: 'wrong-type', offset: at(path), message }] };
  }
  const written = entry['type'];
  const known = types.find(({ type }) => type === written);
  if (known !== undefined || written === UNREAD)
    return known === undefined ? { findings: [] } : { type: known, findings: [] };
  if (written === undefined) {
    return {
      findings: [
        {
          code: 'missing-key',
          offset: at(path),
          message: `missing key "type"${suggestion(undefined, valid)}`,
        },
      ],
    };
  }
  return unknownType(written, [...path, 'type'], types, places);
}

function unknownType<Type extends NamedType>(
  written: unknown,
  path: Path,
  types: readonly Type[],
  places: Places,
): { readonly type?: Type; readonly findings: readonly Finding[] } {
  const place = places.at(path);
  const text = typeof written === 'string' ? written : '';
  const isShowable = text !== '' && place?.variables.length === 0;
  const shown = isShowable ? quoted(text, 'here') : 'here';
  const valid = types.map(({ type }) => type);
  const called = types.find(({ otherNames = {} }) => Object.hasOwn(otherNames, plainName(text)));
  const near = called?.type ?? nearest(text, valid);
  const besides = called?.otherNames?.[plainName(text)] ?? '';
  const meant = besides === '' ? suggestion(near, valid) : `; did you mean "${near}", with "${besides}"?`;
  const findings: Finding[] = [
    { code: 'unknown-type', offset: place?.offset ?? 0, message: `unknown type ${shown}${meant}` },
  ];
  const type = types.find((candidate) => candidate.type === near);
  return type === undefined ? { findings } : { type, findings };
}
