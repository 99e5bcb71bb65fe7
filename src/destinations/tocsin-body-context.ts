import type { AlertContext, Evidence } from '../core/alert.ts';
import { markdownToText } from './markdown.ts';
import { isoTime, present } from './tocsin-body-values.ts';

/** What the source knew of the alert when it was told of. Texts are attackers' and bounded. */
export interface BodyContext {
  /** Markdown, at most 4,000 characters. */
  remediation?: string;
  /** The same without marks. */
  remediation_text?: string;
  /** The newest few of the requests behind an aggregated event, of `total`. */
  evidence?: { total: number; requests: BodyRequest[] };
  /** The incident as it stood then. */
  incident?: { id: string; attack_id?: string; requests?: number; user_agent?: string; updated?: string };
  /** What could not be fetched, in one sentence each. */
  missing: readonly string[];
}

interface BodyRequest {
  time?: string;
  method?: string;
  path?: string;
  host?: string;
  status_code?: number;
}

const MAX_TEXT = 4_000;

export function encodeContext({ remediation, evidence, incident, missing }: AlertContext): BodyContext {
  return {
    ...present('remediation', remediation),
    ...present(
      'remediation_text',
      remediation === undefined ? undefined : markdownToText(remediation, MAX_TEXT),
    ),
    ...present('evidence', evidence && { total: evidence.total, requests: evidence.requests.map(request) }),
    ...present('incident', incident && encodeIncident(incident)),
    missing,
  };
}

function request({ timeMs, method, path, host, statusCode }: Evidence): BodyRequest {
  return {
    ...present('time', timeMs === undefined ? undefined : isoTime(timeMs)),
    ...present('method', method),
    ...present('path', path),
    ...present('host', host),
    ...present('status_code', statusCode),
  };
}

function encodeIncident(incident: NonNullable<AlertContext['incident']>): BodyContext['incident'] & object {
  const { id, attackId, requests, userAgent, updatedMs } = incident;
  return {
    id,
    ...present('attack_id', attackId),
    ...present('requests', requests),
    ...present('user_agent', userAgent),
    ...present('updated', updatedMs === undefined ? undefined : isoTime(updatedMs)),
  };
}
