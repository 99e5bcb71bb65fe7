import type { Json, JsonObject } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';
import { isCardNumber } from './cards.ts';
import { isMask, maskOf } from './marks.ts';
import { meaningOfName, type NameMeaning } from './names.ts';
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
interface TextMasking {
  text(value: string): string;
  name(name: string): string;
}

/** An event as its feed showed it, masked; the same object where nothing was. */
export function maskObject(object: JsonObject, masking: TextMasking): JsonObject {
  return new Masking(masking).event(object);
}

class Masking {
  readonly #texts: TextMasking;

  constructor(texts: TextMasking) {
    this.#texts = texts;
  }

  event(object: JsonObject): JsonObject {
    return this.#object(object, 0, undefined);
  }

  #object(object: JsonObject, depth: number, above: NameMeaning | undefined): JsonObject {
    const named = above ?? namedBySibling(object);
    let copy: Record<string, Json | undefined> | undefined;
    let names: Map<string, string> | undefined;
    for (const key of Object.keys(object)) {
      const value = object[key];
      if (value === undefined || (depth === 0 && IDENTITIES.has(key))) continue;
      const meaning = above ?? meaningOfName(key) ?? (VALUE.has(key) ? named : undefined);
      const name = key.length > 8 ? this.#texts.name(key) : key;
      const masked = this.#value(value, depth + 1, meaning);
      if (name !== key) names = (names ?? new Map<string, string>()).set(key, name);
      if (masked === value) continue;
      // The copy has every key, so that even `__proto__` is a property of its own.
      copy ??= { ...object };
      copy[key] = masked;
    }
    return names === undefined ? (copy ?? object) : renamed(copy ?? object, names);
  }

  #value(value: Json, depth: number, meaning: NameMeaning | undefined): Json {
    if (typeof value === 'string') return this.#string(value, meaning);
    if (typeof value === 'number') return maskedNumber(value, meaning);
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

  #string(value: string, meaning: NameMeaning | undefined): string {
    const masked = meaning === undefined ? value : maskedValue(value, meaning);
    return masked === value && meaning?.isWeak !== false ? this.#texts.text(value) : masked;
  }
}

/** From entries, since a key may be `__proto__`. */
function renamed(object: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value]));
}

function maskedNumber(value: number, meaning: NameMeaning | undefined): Json {
  const digits = String(value);
  if (meaning !== undefined && !meaning.isWeak && digits.length >= 3) return maskOf(meaning.kind);
  return isCardNumber(digits) ? maskOf('card') : value;
}

/** `{name: 'cookie', value: …}` */
function namedBySibling(object: JsonObject): NameMeaning | undefined {
  for (const key of NAMING) {
    const name = Object.hasOwn(object, key) ? object[key] : undefined;
    if (typeof name === 'string' && !isMask(name)) return meaningOfName(name);
  }
  return undefined;
}
