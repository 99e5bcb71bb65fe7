import type { Json, JsonObject } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';
import { isBody, meaningOfKey, type TextMasking } from './json-text.ts';
import { KeyNames } from './key-names.ts';
import { isMask, maskOf } from './marks.ts';
import type { NameMeaning } from './names.ts';
import { maskedValue } from './values.ts';

/** As deep as a payload may nest; what lies deeper is dropped, for nobody could look whether it holds a secret. */
const MAX_DEPTH = 128;
const TOO_DEEP = maskOf('too-deep');
/** By these an event is told from others, asked for and grouped: they stay as they are. */
const IDENTITIES = new Set(
  (
    'id actor ip filterId refId country destCountry host timestamp time apiCollectionId type category subCategory eventType ' +
    'severity status label successfulExploit incidentId fingerprint attackId ipAddress createTime updateTime ' +
    'latestApiIp latestApiMethod latestAttack discoveredAt objectId method tocsin_id'
  ).split(' '),
);
const NAMING = ['name', 'key', 'header', 'field'] as const;
const VALUE = new Set(['value', 'values', 'val', 'content']);

/** How the texts of an event are masked, and its names. */
interface EventMasking {
  text(value: string): string;
  /** A body, which may be JSON as a whole. */
  body(value: string): string;
  name(name: string): string;
  readonly masking: TextMasking;
}

/** An event as its feed showed it, masked; the same object where nothing was. */
export function maskObject(object: JsonObject, masking: EventMasking): JsonObject {
  return new Masking(masking).event(object);
}

class Masking {
  readonly #texts: EventMasking;

  constructor(texts: EventMasking) {
    this.#texts = texts;
  }

  event(object: JsonObject): JsonObject {
    return this.#object(object, 0, undefined);
  }

  #object(object: JsonObject, depth: number, above: NameMeaning | undefined): JsonObject {
    const named = above ?? namedBySibling(object);
    let copy: Record<string, Json | undefined> | undefined;
    let isRenamed = false;
    for (const key of Object.keys(object)) {
      const value = object[key];
      if (value === undefined || (depth === 0 && IDENTITIES.has(key))) continue;
      const meaning = above ?? meaningOfKey(key) ?? (VALUE.has(key) ? named : undefined);
      isRenamed ||= this.#name(key) !== key;
      const masked = this.#value(value, depth + 1, meaning, isBody(key));
      if (masked === value) continue;
      // The copy has every key, so that even `__proto__` is a property of its own.
      copy ??= { ...object };
      copy[key] = masked;
    }
    return isRenamed ? this.#renamed(copy ?? object, depth) : (copy ?? object);
  }

  #name(key: string): string {
    return this.#texts.masking.isLongName(key) ? this.#texts.name(key) : key;
  }

  /** From entries, since a key may be `__proto__`. */
  #renamed(object: JsonObject, depth: number): JsonObject {
    const names = new KeyNames();
    return Object.fromEntries(
      Object.entries(object).map(([key, value]) => {
        const stays = depth === 0 && IDENTITIES.has(key);
        return [stays ? key : names.give(key, this.#name(key)), value];
      }),
    );
  }

  #value(value: Json, depth: number, meaning: NameMeaning | undefined, asBody = false): Json {
    if (typeof value === 'string') return this.#string(value, meaning, asBody);
    if (typeof value === 'number') return this.#number(value, meaning);
    if (typeof value === 'boolean' || value === null) return value;
    if (depth > MAX_DEPTH) return TOO_DEEP;
    const below = meaning?.isWeak === true ? undefined : meaning;
    if (isJsonObject(value)) return this.#object(value, depth, below);
    return this.#list(value, depth, below);
  }

  #list(list: readonly Json[], depth: number, meaning: NameMeaning | undefined): readonly Json[] {
    const masked = list.map((item) => this.#value(item, depth + 1, meaning));
    return masked.some((item, i) => item !== list[i]) ? masked : list;
  }

  #string(value: string, meaning: NameMeaning | undefined, asBody: boolean): string {
    const masked = meaning === undefined ? value : maskedValue(value, meaning);
    if (masked !== value || meaning?.isWeak === false) return masked;
    return asBody ? this.#texts.body(value) : this.#texts.text(value);
  }

  #number(value: number, meaning: NameMeaning | undefined): Json {
    const kind = this.#texts.masking.kindOfNumber(String(value), meaning);
    return kind === undefined ? value : maskOf(kind);
  }
}

/** `{name: 'cookie', value: …}` */
function namedBySibling(object: JsonObject): NameMeaning | undefined {
  for (const key of NAMING) {
    const name = Object.hasOwn(object, key) ? object[key] : undefined;
    if (typeof name === 'string' && !isMask(name)) return meaningOfKey(name);
  }
  return undefined;
}
