import type { Random } from '../../core/random.ts';
import type { Severity } from '../../core/severity.ts';
import { seededRandom } from '../http-hazards/seeded.ts';
import {
  type Attack,
  brokenObjectAccess,
  crossSiteScripting,
  localFileInclusion,
  noSqlInjection,
  osCommandInjection,
  scannerProbe,
  serverSideRequestForgery,
  sqlInjection,
  tooManyClientErrors,
} from './attacks.ts';

interface AttackKind {
  readonly make: (random: Random) => Attack;
  readonly name: string;
  /** What to do about it, the most urgent first. */
  readonly remedies: readonly string[];
}

/** What the server knows of each filter, by the filter's id. */
const KINDS: ReadonlyMap<string, AttackKind> = new Map([
  [
    'SQLInjection',
    {
      make: sqlInjection,
      name: 'SQL injection',
      remedies: [
        'Bind every value: `db.query("select * from products where id = $1", [id])`.',
        'Give the service a database account that can do no more than it needs.',
        'Answer errors without the database’s own text.',
      ],
    },
  ],
  [
    'XSS',
    {
      make: crossSiteScripting,
      name: 'Cross-site scripting',
      remedies: [
        'Escape what users wrote where it is shown, for the place it is shown in.',
        'Send a `Content-Security-Policy` that forbids inline scripts.',
        'Set `HttpOnly` on session cookies.',
      ],
    },
  ],
  [
    'OSCommandInjection',
    {
      make: osCommandInjection,
      name: 'OS command injection',
      remedies: [
        'Call programs without a shell: `execFile("ping", ["-c", "1", host])`.',
        'Accept only host names and addresses, by an allow-list.',
        'Run the service without the right to read system files.',
      ],
    },
  ],
  [
    'LocalFileInclusionLFIRFI',
    {
      make: localFileInclusion,
      name: 'Local file inclusion',
      remedies: [
        'Map ids to files instead of taking a path from the request.',
        'Resolve the path, and refuse what lies outside the one folder.',
      ],
    },
  ],
  [
    'SSRF',
    {
      make: serverSideRequestForgery,
      name: 'Server-side request forgery',
      remedies: [
        'Resolve the host, and refuse private, loopback and link-local addresses.',
        'Do not follow redirects.',
        'Require session tokens of the cloud’s metadata service.',
      ],
    },
  ],
  [
    'NoSQLInjection',
    {
      make: noSqlInjection,
      name: 'NoSQL injection',
      remedies: [
        'Refuse objects where a text is expected.',
        'Forbid operators (`$ne`, `$where`) in queries.',
      ],
    },
  ],
  [
    'SecurityMisconfig',
    {
      make: scannerProbe,
      name: 'Security misconfiguration',
      remedies: [
        'Check that none of the probed files is served: `.env`, `.git/`, back-ups, dumps.',
        'Block the scanner’s address for an hour.',
      ],
    },
  ],
  [
    'High4XXAlertFilter',
    {
      make: tooManyClientErrors,
      name: 'Too many client errors',
      remedies: [
        'Limit sign-in attempts per account **and** per address.',
        'Require a second factor of the accounts that were tried.',
        'Look for a success among the failures.',
      ],
    },
  ],
  [
    'BOLA',
    {
      make: brokenObjectAccess,
      name: 'Broken object level authorization',
      remedies: [
        'Check on every read that the object belongs to the caller.',
        'Use ids that cannot be guessed; that helps, and replaces no check.',
      ],
    },
  ],
]);

/** The severity of events that do not name one, as the server gives it. */
export function usualSeverity(filterId: string): Severity {
  return attackOf(filterId, seededRandom(1))?.severity ?? 'HIGH';
}

/** One more request of that kind; undefined for filters of which nothing is known. */
export function attackOf(filterId: string, random: Random): Attack | undefined {
  return KINDS.get(filterId)?.make(random);
}

/** Markdown; '' for filters of which nothing is known. */
export function remedyFor(filterId: string): string {
  const kind = KINDS.get(filterId);
  if (kind === undefined) return '';
  const steps = kind.remedies.map((remedy, place) => `${place + 1}. ${remedy}`).join('\n');
  return `## ${kind.name}\n\nWhat to do, **most urgent first**:\n\n${steps}\n\nSee the [OWASP API Security Top 10](https://owasp.org/API-Security/).\n`;
}
