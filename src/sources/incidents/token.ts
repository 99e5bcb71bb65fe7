import type { Clock } from '../../core/clock.ts';
import type { Json } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import { SourceError } from '../../core/source.ts';
import { named } from '../sentence.ts';
import type { Credentials } from './config.ts';
import { useForMs } from './token-life.ts';

/** What a token endpoint gave. */
export interface IssuedToken {
  readonly token: Secret;
  /** As the endpoint wrote it. */
  readonly expiresIn: Json | undefined;
}

/** Where the source's requests get their token from. */
export interface Tokens {
  /** Throws {@link SourceError} where none can be had. */
  current(signal: AbortSignal): Promise<Secret>;
  /** A token to use instead of one that was refused; undefined where there is no other. */
  replace(refused: Secret, signal: AbortSignal): Promise<Secret | undefined>;
}

export interface TokensOptions {
  readonly source: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** One request, within its own time-out. Throws {@link SourceError}. */
  readonly obtain: () => Promise<IssuedToken>;
}

export function createTokens(options: TokensOptions): Tokens {
  const { credentials } = options;
  if (credentials.kind === 'client') return new ObtainedTokens(options);
  return { current: async () => credentials.token, replace: async () => undefined };
}

interface Held {
  readonly token: Secret;
  /** When a new one is asked for; undefined: when this one is refused. */
  readonly renewAtMs: number | undefined;
  readonly sinceMs: number;
}

/** After a renewal that failed, the token at hand is used at least so long before the next try. */
const RENEW_AGAIN_MS = 30_000;

class ObtainedTokens implements Tokens {
  readonly #options: TokensOptions;
  #held: Held | undefined;
  /** Whoever needs a token while one is asked for waits for that one. */
  #asking: Promise<Secret> | undefined;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  async current(signal: AbortSignal): Promise<Secret> {
    const held = this.#held;
    if (held === undefined) return this.#ask(signal);
    if (!isDue(held, this.#options.clock.now())) return held.token;
    try {
      return await this.#ask(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // The token at hand may well be good still: a 401 will tell.
      const nowMs = this.#options.clock.now();
      if (this.#held === held) this.#held = { ...held, sinceMs: nowMs, renewAtMs: nowMs + RENEW_AGAIN_MS };
      return held.token;
    }
  }

  async replace(refused: Secret, signal: AbortSignal): Promise<Secret> {
    const held = this.#held;
    if (held !== undefined && held.token !== refused) return held.token;
    this.#held = undefined;
    return this.#ask(signal);
  }

  /** The request goes on when one of those who wait is stopped: the others wait still. */
  async #ask(signal: AbortSignal): Promise<Secret> {
    if (signal.aborted) throw stopped(this.#options.source);
    this.#asking ??= this.#obtain().finally(() => {
      this.#asking = undefined;
    });
    return unlessStopped(this.#asking, signal, this.#options.source);
  }

  async #obtain(): Promise<Secret> {
    const { token, expiresIn } = await this.#options.obtain();
    const sinceMs = this.#options.clock.now();
    const forMs = useForMs(expiresIn);
    this.#held = { token, sinceMs, renewAtMs: forMs === undefined ? undefined : sinceMs + forMs };
    return token;
  }
}

/** A clock that went back must not make a token live on. */
function isDue({ renewAtMs, sinceMs }: Held, nowMs: number): boolean {
  return renewAtMs !== undefined && (nowMs >= renewAtMs || nowMs < sinceMs);
}

function unlessStopped<T>(work: Promise<T>, signal: AbortSignal, source: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(stopped(source));
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function stopped(source: string): SourceError {
  return new SourceError('aborted', `${named(source)} the wait for a token was stopped`);
}
