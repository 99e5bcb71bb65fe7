import type { ConfigCode } from './codes.ts';

/** What became of one text. `variables` are those whose values went into it. */
export interface Interpolated {
  readonly text: string;
  readonly variables: readonly string[];
  readonly mistakes: readonly { readonly code: ConfigCode; readonly message: string }[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${` | `${NAME}` | `${NAME:-default}` | a `${` that is none of them. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]{0,127})(?::-([^}]{0,4096}))?\}|\$\{/g;

/**
 * Fills in the environment: `${NAME}`, `${NAME:-default}` (also where NAME is set but empty), any number
 * of them; `$${` stands for a literal `${`. What a variable holds is never read for references again.
 */
export function interpolate(text: string, env: Environment): Interpolated {
  const variables: string[] = [];
  const mistakes: Interpolated['mistakes'][number][] = [];
  const filled = text.replaceAll(
    REFERENCE,
    (whole, name: string | undefined, fallback: string | undefined) => {
      if (whole === '$${') return '${';
      if (name === undefined) {
        mistakes.push({ code: 'bad-interpolation', message: BAD_REFERENCE });
        return '';
      }
      const value = lookUp(name, env);
      if (fallback !== undefined && (value === undefined || value === '')) return fallback;
      if (value === undefined) mistakes.push({ code: 'unset-variable', message: unset(name) });
      else variables.push(name);
      return value ?? '';
    },
  );
  return { text: filled, variables, mistakes };
}

const BAD_REFERENCE = `expected \${NAME} or \${NAME:-default}; write $\${ where a literal \${ is meant`;

function lookUp(name: string, env: Environment): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

function unset(name: string): string {
  return `the environment variable ${name} is not set: set it, or give a default with \${${name}:-default}`;
}
