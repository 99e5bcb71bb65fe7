import { type FilterImplOptions, Liquid, LiquidError } from 'liquidjs';
import type { TemplateContext } from './template-context.ts';
import { FILTERS, TAGS } from './template-language.ts';

/** How one destination's texts are written. */
export interface Dialect {
  /** Makes a value of somebody else mean nothing but itself. */
  readonly escape: (text: string) => string;
  /** Whether what `| json` writes is safe as it stands. */
  readonly isJson: boolean;
  /** What is wrong with a whole text, in words that follow "it"; undefined where nothing is. */
  readonly verify: (rendered: string, template: string) => string | undefined;
}

/** An operator's own text, compiled. */
export interface Template {
  /** Throws {@link TemplateError} where it cannot be written, or takes or becomes too much. */
  render(context: TemplateContext): string;
}

/** Why a template gives no text, in one sentence. It names things of the template at most, never a value. */
export class TemplateError extends Error {
  /** Its time was up. */
  readonly isSlow: boolean;
  /** Less to write might pass: it became too long, or took too much time or memory. */
  readonly isTooMuch: boolean;
  constructor(message: string, why: { readonly isSlow?: boolean; readonly isTooMuch?: boolean } = {}) {
    super(message);
    this.name = 'TemplateError';
    this.isSlow = why.isSlow === true;
    this.isTooMuch = this.isSlow || why.isTooMuch === true;
  }
}

/** Longest template, in characters. */
export const MAX_TEMPLATE = 32_768;
/** Longest text that one may become. */
const MAX_OUTPUT_BYTES = 256 * 1_024;
const TOO_LONG = `it becomes longer than ${MAX_OUTPUT_BYTES / 1_024} KiB`;
const TOO_MUCH_MEMORY = 'it builds up too much in memory';
const RENDER_MS = 100;
const ATTEMPTS = 3;
/** Characters and list items that filters and loops may make on the way. */
const MEMORY = 4_000_000;

/** Throws {@link TemplateError} where the text is no template. */
export function compileTemplate(text: string, dialect: Dialect): Template {
  const engine = engineFor(dialect);
  const parsed = explained(() => engine.parse(text));
  return {
    render(context) {
      const rendered: unknown = inTime(() => engine.renderSync(parsed, context));
      const written = typeof rendered === 'string' ? rendered.toWellFormed() : '';
      if (Buffer.byteLength(written) > MAX_OUTPUT_BYTES)
        throw new TemplateError(TOO_LONG, { isTooMuch: true });
      const wrong = dialect.verify(written, text);
      if (wrong !== undefined) throw new TemplateError(`it ${wrong}`);
      return written;
    },
  };
}

/** Knows the tags and filters that are listed, nothing that reads a file, and no property that is not a value's own. */
function engineFor({ escape: escaped, isJson }: Dialect): Liquid {
  const engine = new Liquid({
    ...{ strictFilters: true, strictVariables: true, lenientIf: true, ownPropertyOnly: true },
    ...{ parseLimit: MAX_TEMPLATE, renderLimit: RENDER_MS, memoryLimit: MEMORY },
    ...{ templates: {}, dynamicPartials: false, timezoneOffset: 0, locale: 'en-US' },
    outputEscape: (value: unknown) => escaped(textOf(value)),
  });
  for (const name of Object.keys(engine.tags)) if (!TAGS.has(name)) delete engine.tags[name];
  for (const name of Object.keys(engine.filters)) if (!FILTERS.has(name)) delete engine.filters[name];
  engine.registerFilter('json', jsonFilter(isJson));
  engine.registerFilter('url_encode', urlEncode);
  return engine;
}

function jsonFilter(raw: boolean): FilterImplOptions {
  return {
    raw,
    handler(value: unknown) {
      const text = JSON.stringify(value ?? null);
      this.context.memoryLimit.use(text.length);
      return text;
    },
  };
}

/** As the engine's own, but half a character, which attackers send and `truncate` leaves, is no reason to fail. */
const urlEncode: FilterImplOptions = {
  raw: false,
  handler(value: unknown) {
    const text = textOf(value).toWellFormed();
    this.context.memoryLimit.use(text.length);
    return encodeURIComponent(text).replaceAll('%20', '+');
  },
};

/** Lists and mappings are written as JSON: liquid's own forms lose what they hold. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The limit is of wall time: a machine that was busy elsewhere says nothing of the template, and it is tried again. */
function inTime<T>(work: () => T): T {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return explained(work);
    } catch (error) {
      if (!(error instanceof TemplateError) || !error.isSlow || attempt === ATTEMPTS) throw error;
    }
  }
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isSlow = error instanceof Error && error.message.startsWith(SLOW);
    const reason = reasonOf(error);
    const isTooMuch = isSlow || reason === TOO_MUCH_MEMORY;
    throw new TemplateError(`${reason}${placeOf(error)}`, { isSlow, isTooMuch });
  }
}

/** How the engine begins to say so. */
const SLOW = 'template render limit';

/** The engine's message without the pieces of the template that it quotes: they may hold a secret of the operator. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message.replace(/, line:\d+, col:\d+$/, '') : '';
  const [, kind = '', named = ''] = /^undefined (variable|filter): ([\w.[\]-]{1,80})$/.exec(message) ?? [];
  if (kind === 'variable') return `nothing is named "${named.replace(/\.(\d+)/g, '[$1]')}" there`;
  if (kind === 'filter') return `the filter "${named}" does not exist or is not allowed`;
  const [, tag] = /^tag "(\w{1,40})" not found$/.exec(message) ?? [];
  if (tag !== undefined) return `the tag "${tag}" does not exist or is not allowed`;
  if (message.startsWith(SLOW)) return `it takes longer than ${RENDER_MS} ms`;
  if (message.startsWith('memory alloc limit')) return TOO_MUCH_MEMORY;
  if (message.startsWith('parse length limit')) return `it is longer than ${MAX_TEMPLATE} characters`;
  if (error instanceof RangeError) return TOO_MUCH_MEMORY;
  const general = message.replace(/:?\s*"[\s\S]*/, '').slice(0, 100);
  return general === '' ? 'it is not valid' : `it is not valid: ${general}`;
}

function placeOf(error: unknown): string {
  if (!LiquidError.is(error)) return '';
  const [line, column] = error.token.getPosition();
  return ` (line ${line}, column ${column} of the template)`;
}
