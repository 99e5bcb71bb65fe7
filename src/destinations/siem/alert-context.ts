import type { AlertContext } from '../../core/alert.ts';
import type { JsonObject } from '../../core/json.ts';
import { markdownToText } from '../markdown.ts';

/** A field of CIM is cut at 4,096. */
const MAX_TEXT = 4_000;

/** What the source knew of an alert: keys in snake_case, times in epoch seconds, advice as plain text. */
export function rawContext({ remediation, evidence, incident, missing }: AlertContext): JsonObject {
  return {
    remediation: remediationText(remediation),
    evidence: evidence && {
      total: evidence.total,
      requests: evidence.requests.map(({ timeMs, method, path, host, statusCode }) => {
        return { time: seconds(timeMs), method, path, host, status_code: statusCode };
      }),
    },
    incident: incident && {
      id: incident.id,
      attack_id: incident.attackId,
      requests: incident.requests,
      user_agent: incident.userAgent,
      updated: seconds(incident.updatedMs),
    },
    missing,
  };
}

/** The same as fields beside those of CIM. */
export function cimContext(context: AlertContext | undefined): JsonObject {
  if (context === undefined) return {};
  const { remediation, evidence, incident, missing } = context;
  return {
    remediation: remediationText(remediation),
    evidence_count: evidence?.total,
    incident_id: incident?.id,
    attack_id: incident?.attackId,
    http_user_agent: incident?.userAgent,
    missing_context: missing.join('; '),
  };
}

export function remediationText(markdown: string | undefined): string | undefined {
  return markdown === undefined ? undefined : markdownToText(markdown, MAX_TEXT);
}

function seconds(timeMs: number | undefined): number | undefined {
  return timeMs === undefined ? undefined : timeMs / 1_000;
}
