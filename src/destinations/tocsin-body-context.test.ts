import { expect, it } from 'vitest';
import { alert, alertDelivery, NOW_MS } from '../../test/contract/deliveries.ts';
import { tocsinBody } from './tocsin-body.ts';
import { encodeContext } from './tocsin-body-context.ts';

it('what a source knew of an alert stands in the body, with every key that has a value', () => {
  const context = {
    remediation: '# Fix\n\nSee <https://a.example/> & **act**.',
    evidence: {
      total: 2,
      requests: [{ timeMs: NOW_MS, method: 'GET', path: '/a', host: 'h', statusCode: 401 }, {}],
    },
    incident: { id: 'i', attackId: 'a', requests: 7, userAgent: 'curl', updatedMs: NOW_MS },
    missing: ['something'],
  };
  expect(encodeContext(context)).toEqual({
    remediation: '# Fix\n\nSee <https://a.example/> & **act**.',
    remediation_text: 'Fix\n\nSee https://a.example/ & act.',
    evidence: {
      total: 2,
      requests: [
        { time: '2026-11-21T20:44:05.250Z', method: 'GET', path: '/a', host: 'h', status_code: 401 },
        {},
      ],
    },
    incident: {
      ...{ id: 'i', attack_id: 'a', requests: 7, user_agent: 'curl' },
      updated: '2026-11-21T20:44:05.250Z',
    },
    missing: ['something'],
  });
  expect(encodeContext({ incident: { id: 'i' }, missing: [] })).toEqual({
    incident: { id: 'i' },
    missing: [],
  });
});

it('an alert of which nothing was asked has no context', () => {
  expect(JSON.stringify(tocsinBody(alertDelivery({ alerts: [alert()] })))).not.toContain('context');
});

it('an impossible time breaks no body', () => {
  const evidence = { total: 1, requests: [{ timeMs: Number.NaN }, { timeMs: 1e300 }] };
  expect(() => encodeContext({ evidence, missing: [] })).not.toThrow();
});
