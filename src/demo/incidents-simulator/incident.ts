/** Failed attempts to obtain a token, as the API shows them. Times are ISO 8601 with an offset. */
export type Incident = {
  readonly incidentId: string;
  readonly fingerprint: string;
  readonly attackId: string;
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly requests: number;
  readonly createTime: string;
  readonly updateTime: string;
};

/** What a state of an incident is called: it changes while the attack goes on. */
export function revisionOf(incident: { readonly [key: string]: unknown }): string {
  return `${incident['incidentId']}@${incident['updateTime']}@${incident['requests']}`;
}
