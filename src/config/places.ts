import type { Node } from 'yaml';

export type Path = readonly (string | number)[];

/** Where a value stood and what may be said of it. */
export interface Place {
  /** UTF-16 units into the text. */
  readonly offset: number;
  /** Where its key stands, if it has one. */
  keyOffset: number | undefined;
  /** Undefined where a key has no value. */
  readonly node: Node | undefined;
  /** Never to be shown. */
  secret: boolean;
  /** Environment variables that went into it: it may be a secret whatever its key is. */
  variables: readonly string[];
  /** The text once read, for making sure that no message repeats it. */
  text: string | undefined;
  /** Its problem is reported already. */
  unread: boolean;
  /** For a mapping, the keys it may have. */
  keys: readonly string[];
}

/** Every value's place, by its path in the values read. */
export class Places {
  readonly #byPath = new Map<string, Place>();

  put(path: Path, known: Pick<Place, 'offset' | 'node' | 'secret'>): Place {
    const place: Place = {
      keyOffset: undefined,
      variables: [],
      text: undefined,
      unread: false,
      keys: [],
      ...known,
    };
    this.#byPath.set(JSON.stringify(path), place);
    return place;
  }

  noteKey(path: Path, offset: number): void {
    const place = this.at(path);
    if (place !== undefined) place.keyOffset = offset;
  }

  at(path: Path): Place | undefined {
    return this.#byPath.get(JSON.stringify(path));
  }

  /** The place of the value or, where it is missing, of the nearest thing around it. */
  around(path: Path): Place | undefined {
    for (let length = path.length; length >= 0; length -= 1) {
      const place = this.at(path.slice(0, length));
      if (place !== undefined) return place;
    }
    return undefined;
  }

  /** Whether the value, or something that it stands in, could not be read. */
  isUnread(path: Path): boolean {
    return (
      path.some((_, i) => this.at(path.slice(0, i + 1))?.unread === true) || this.at([])?.unread === true
    );
  }

  /** Whether anything at the path or inside it could not be read. */
  anyUnread(path: Path): boolean {
    const prefix = JSON.stringify(path).slice(0, -1);
    return (
      this.isUnread(path) || [...this.#byPath].some(([key, { unread }]) => unread && key.startsWith(prefix))
    );
  }

  /** Every secret that could be read, once where several mappings merge it. */
  secrets(): readonly { readonly key: string | undefined; readonly place: Place }[] {
    const found = new Map<string, { readonly key: string | undefined; readonly place: Place }>();
    for (const [path, place] of this.#byPath) {
      if (!place.secret || place.unread || place.text === undefined) continue;
      const key = lastKey(path);
      found.set(`${place.offset} ${key}`, { key, place });
    }
    return [...found.values()];
  }

  /** Texts that no message may repeat, longest first. */
  hiddenTexts(within: Path = []): readonly string[] {
    const hidden = [...this.#byPath].filter(
      ([key, place]) => isWithin(key, within) && (place.secret || place.variables.length > 0),
    );
    const texts = new Set(
      hidden.flatMap(([, { text }]) => (text === undefined || text === '' ? [] : [text])),
    );
    return [...texts].sort((a, b) => b.length - a.length);
  }
}

/** The key that a path ends with; of an entry of a list, the list's. */
function lastKey(path: string): string | undefined {
  const parts: readonly unknown[] = JSON.parse(path);
  const key = parts.findLast((part) => typeof part === 'string');
  return typeof key === 'string' ? key : undefined;
}

/** Whether the path that `key` writes down is `path` or goes on from it. */
function isWithin(key: string, path: Path): boolean {
  const start = JSON.stringify(path).slice(0, -1);
  return path.length === 0 || key === `${start}]` || key.startsWith(`${start},`);
}
