import { destination, type LevelWithSilent, type Logger, pino } from 'pino';

export type { Logger };

/**
 * JSON lines on stderr, so that stdout stays for results. Secrets are `Secret` objects, which
 * show as `[secret]`; the paths below are a second lock on the same door.
 */
export function createLogger(
  level: LevelWithSilent,
  stream: { write(line: string): void } = destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '[secret]' },
      serializers: { err: plainError },
    },
    stream,
  );
}

const SECRET_KEYS = [
  'authorization',
  'token',
  'api_key',
  'apiKey',
  'secret',
  'password',
  'url_secret',
  'headers',
  'config',
];

/** Name, message and stack only: library errors carry requests, and requests carry tokens. */
function plainError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  return { type: error.name, message: error.message, stack: error.stack };
}
