import { describe, expect, it } from 'vitest';
import { alert, alertDelivery, NOW_MS } from '../../../test/contract/deliveries.ts';
import type { AlertContext } from '../../core/alert.ts';
import type { JsonObject } from '../../core/json.ts';
import { splunkHecConfig } from './config.ts';
import { encodeHec } from './encode.ts';

const KNOWN: AlertContext = {
  remediation: '# Fix\n\nSee <https://a.example/> & **act**.',
  evidence: {
    total: 37,
    requests: [{ timeMs: NOW_MS, method: 'GET', path: '/a', host: 'h', statusCode: 401 }],
  },
  incident: { id: 'i', attackId: 'a', requests: 7, userAgent: 'curl', updatedMs: NOW_MS },
  missing: ['one thing', 'another'],
};

function sent(schema: 'raw' | 'cim', context?: AlertContext): JsonObject {
  const config = splunkHecConfig.parse({
    ...{ name: 'siem', type: 'splunk_hec', url: 'http://127.0.0.1:1', token: 't', schema },
  });
  const delivery = alertDelivery({ alerts: [alert(context === undefined ? {} : { context })] });
  return JSON.parse(JSON.stringify(encodeHec(delivery, config).message));
}

describe('what a source knew of an alert', () => {
  it('stands in a raw event as it is, advice as plain text', () => {
    expect(sent('raw', KNOWN)['alerts']).toMatchObject([
      {
        context: {
          remediation: 'Fix\n\nSee https://a.example/ & act.',
          evidence: {
            total: 37,
            requests: [{ time: NOW_MS / 1_000, method: 'GET', path: '/a', host: 'h', status_code: 401 }],
          },
          incident: { id: 'i', attack_id: 'a', requests: 7, user_agent: 'curl', updated: NOW_MS / 1_000 },
          missing: ['one thing', 'another'],
        },
      },
    ]);
  });

  it('stands in fields of their own beside those of CIM', () => {
    expect(sent('cim', KNOWN)).toMatchObject({
      remediation: 'Fix\n\nSee https://a.example/ & act.',
      evidence_count: 37,
      incident_id: 'i',
      attack_id: 'a',
      http_user_agent: 'curl',
      missing_context: 'one thing; another',
    });
  });

  it.each(['raw', 'cim'] as const)('leaves a %s event as it was where nothing was asked', (schema) => {
    const text = JSON.stringify(sent(schema));
    for (const key of ['context', 'remediation', 'evidence', 'incident'])
      expect(text).not.toContain(`"${key}`);
    expect(text).not.toContain('missing');
  });
});
