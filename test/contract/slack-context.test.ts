import { describe, expect, it } from 'vitest';
import type { AlertContext } from '../../src/core/alert.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { slackFault } from '../../src/demo/receivers/slack-limits.ts';
import { encodeSlack } from '../../src/destinations/slack/encode.ts';
import { alert, alertDelivery, HOSTILE, NOW_MS, sample } from './deliveries.ts';

const KNOWN: AlertContext = {
  remediation: '## Fix\n\n- use **prepared statements**\n- see [OWASP](https://owasp.org/sqli)\n',
  evidence: {
    total: 37,
    requests: [
      {
        timeMs: NOW_MS,
        method: 'POST',
        path: '/login?token=abc&q=1',
        host: 'api.example.com',
        statusCode: 200,
      },
      { method: 'GET', path: '/' },
    ],
  },
  incident: { id: 'inc-1', attackId: 'CREDENTIAL', requests: 812, userAgent: 'curl/8', updatedMs: NOW_MS },
  missing: ['what else there is could not be fetched: Akto could not answer (503); it will be asked again'],
};

const asJson = (delivery: Delivery): JsonObject => JSON.parse(JSON.stringify(encodeSlack(delivery)));
const textsOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === 'text' && typeof each === 'string' ? [each] : textsOf(each),
  );
};

describe('a message about an aggregated event', () => {
  const aggregated = alert({ sample: [sample({ eventType: 'AGGREGATED', refId: 'r-1' })], context: KNOWN });

  it('shows the requests behind it, the incident, what to do, and what could not be had', () => {
    const message = asJson(alertDelivery({ alerts: [aggregated] }));
    expect(slackFault(message)).toBeUndefined();
    expect(message).toMatchInlineSnapshot(`
      {
        "attachments": [
          {
            "blocks": [
              {
                "fields": [
                  {
                    "text": "*Who*
      actor \`203.0.113.9\`
      from France",
                    "type": "mrkdwn",
                    "verbatim": true,
                  },
                  {
                    "text": "*What*
      \`POST api.example.com/login\`",
                    "type": "mrkdwn",
                    "verbatim": true,
                  },
                  {
                    "text": "*When*
      first 2026-11-21 19:44:05 UTC
      last 2026-11-21 20:43:05 UTC (59 min later)",
                    "type": "mrkdwn",
                    "verbatim": true,
                  },
                  {
                    "text": "*Matches*
      12 new matches (57 in all)",
                    "type": "mrkdwn",
                    "verbatim": true,
                  },
                ],
                "type": "section",
              },
              {
                "text": {
                  "text": "*Evidence* (newest 1 of 57; 2026-11-21, UTC)
      \`\`\`
      20:43:05 403 POST api.example.com/login?next=%2Fhome
      \`\`\`",
                  "type": "mrkdwn",
                  "verbatim": true,
                },
                "type": "section",
              },
              {
                "text": {
                  "text": "*Requests behind it* (newest of 37; 2026-11-21, UTC)
      \`\`\`
      20:44:05 200 POST api.example.com/login?token=[redacted]&amp;q=1
      GET /
      \`\`\`",
                  "type": "mrkdwn",
                  "verbatim": true,
                },
                "type": "section",
              },
              {
                "text": {
                  "text": "*Incident* \`inc-1\` · attack \`CREDENTIAL\` · 812 requests · by \`curl/8\` · as of 2026-11-21 20:44:05 UTC",
                  "type": "mrkdwn",
                  "verbatim": true,
                },
                "type": "section",
              },
              {
                "text": {
                  "text": "*What to do*
      *Fix*

      • use *prepared statements*
      • see OWASP (<https://owasp.org/sqli>)",
                  "type": "mrkdwn",
                  "verbatim": true,
                },
                "type": "section",
              },
              {
                "elements": [
                  {
                    "text": "⚠️ what else there is could not be fetched: Akto could not answer (503); it will be asked again",
                    "type": "mrkdwn",
                    "verbatim": true,
                  },
                ],
                "type": "context",
              },
              {
                "elements": [
                  {
                    "text": "rule \`sql-injection\` · akto-prod malicious_events
      \`n-1\` · newest event \`akto-prod/malicious_events/e1\`
      \`tocsin ack ffffffffffffffffffffffffffffffff\` · \`tocsin why ffffffffffffffffffffffffffffffff\`",
                    "type": "mrkdwn",
                    "verbatim": true,
                  },
                ],
                "type": "context",
              },
            ],
            "color": "#e8590c",
            "fallback": "HIGH SQL injection: 12 new matches (57 in all)",
          },
        ],
        "text": "🟠 *HIGH* · *SQL injection* \`203.0.113.9\`
      12 new matches (57 in all) · \`POST api.example.com/login\` · France",
        "unfurl_links": false,
        "unfurl_media": false,
      }
    `);
  });

  it('without anything known looks as it always did', () => {
    const bare = asJson(alertDelivery({ alerts: [alert()] }));
    expect(asJson(alertDelivery({ alerts: [alert({ context: { missing: [] } })] }))).toEqual(bare);
  });

  it('of requests that cannot be read still says how many there are', () => {
    const context = { evidence: { total: 9, requests: [] }, missing: [] };
    const texts = textsOf(asJson(alertDelivery({ alerts: [alert({ context })] }))).join('\n');
    expect(texts).toContain('*Requests behind it* (newest of 9)\n(none can be shown)');
  });
});

describe('hostile text in what a source knew', () => {
  it.each(HOSTILE)('that %s does no harm, in one alert or in fourteen', (_, text) => {
    const request = { timeMs: NOW_MS, method: text, path: text, host: text, statusCode: 200 };
    const context: AlertContext = {
      remediation: text,
      evidence: { total: 9, requests: Array.from({ length: 5 }, () => request) },
      incident: { id: text, attackId: text, userAgent: text, requests: 1, updatedMs: NOW_MS },
      missing: [text, text, text, text, text, text],
    };
    const events = Array.from({ length: 5 }, (_unused, index) =>
      sample({ id: text, actor: `${index}${text}`, method: text, host: text, url: text, country: text }),
    );
    const hit = alert({
      ruleName: text,
      description: text,
      group: { [text]: text },
      sample: events,
      context,
    });
    for (const count of [1, 2, 3, 14]) {
      const message = asJson(alertDelivery({ alerts: Array.from({ length: count }, () => hit) }));
      expect(slackFault(message)).toBeUndefined();
      const shown = textsOf(message).join('\n');
      expect(shown).toContain('⚠️');
      expect(shown).not.toMatch(/[<>]/);
      expect(shown).not.toMatch(/&(?!amp;|lt;|gt;)/);
      expect(shown).not.toMatch(/[\u202e\u200b\u2066\u0000-\u0009]/);
    }
  });

  it('in an advice as long as it may be fits beside two others', () => {
    const remediation = `# Fix\n\n${'Lines of advice that go on & on.\n\n'.repeat(120)}`.slice(0, 4_000);
    const alerts = Array.from({ length: 3 }, () => alert({ context: { ...KNOWN, remediation } }));
    const message = asJson(alertDelivery({ alerts }));
    expect(slackFault(message)).toBeUndefined();
    expect(textsOf(message).filter((text) => text.includes('*What to do*'))).toHaveLength(3);
    expect(textsOf(message).filter((text) => text.endsWith('_… (shortened)_'))).toHaveLength(3);
  });
});
