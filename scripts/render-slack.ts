import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Notification } from '../src/core/alert.ts';
import { isJsonObject, type JsonObject } from '../src/core/json.ts';
import { encodeReply, encodeRoot, encodeSlack } from '../src/destinations/slack/encode.ts';
import { SAMPLES, STORY } from '../test/contract/slack-samples.ts';
import { escapeHtml, messageHtml, mrkdwn } from './slack-html.ts';

/*
 * Draws what people are shown in Slack, from the encoder's real output, as one page for a person to look at:
 * node scripts/render-slack.ts [FILE]
 */

const STYLE = `
:root{font:15px/1.46 system-ui,-apple-system,"Segoe UI",sans-serif}body{margin:0;padding:24px;background:#777;color:#111}
h1,h2{color:#fff}h2{margin:40px 0 8px}.row{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}
figure{margin:0}figcaption{color:#fff;font-size:12px;margin-bottom:4px}.screen{border-radius:8px;padding:12px 16px;box-sizing:border-box}
.desktop{width:760px}.phone{width:390px}.light{background:#fff;color:#1d1c1d}.dark{background:#1a1d21;color:#d1d2d3}
.lock{width:390px;background:#d9dbe0;color:#111;border-radius:14px;padding:10px 14px;box-sizing:border-box;font-size:14px}
.lock .line{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.message{display:flex;gap:8px;margin:6px 0}.avatar{flex:none;width:36px;height:36px;border-radius:6px;background:#7048e8;text-align:center;line-height:36px}
.content{min-width:0;flex:1}.app{font-size:10px;background:#8883;border-radius:2px;padding:1px 3px}.time,.broadcast{font-size:12px;opacity:.7}
.reply{margin-left:44px}.attachment{border-left:4px solid;padding:2px 0 2px 12px;margin:6px 0;border-radius:2px}
.header{font-size:18px;font-weight:900;margin:4px 0}.section{margin:4px 0}.context{font-size:13px;opacity:.75;margin:6px 0}
.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px;margin:6px 0}.phone .fields{grid-template-columns:1fr}
.fields>div,.section,.context{overflow-wrap:anywhere;min-width:0}
code,pre{font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;border:1px solid #8885;border-radius:3px;background:#8881}
code{padding:1px 3px;color:#c01343}.dark code{color:#e8912d}pre{padding:8px;margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere}
.link{color:#1264a3;text-decoration:underline}.dark .link{color:#1d9bd1}.mention{background:#f00;color:#fff;font-weight:900}
`;

const SCREENS = ['desktop light', 'desktop dark', 'phone light', 'phone dark'] as const;

function asJson(message: object): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(message));
  return isJsonObject(value) ? value : {};
}

function section(title: string, payload: JsonObject, messages: string): string {
  const text = typeof payload['text'] === 'string' ? payload['text'] : '';
  const lock = `<figure><figcaption>notification</figcaption><div class="lock"><b>#oncall</b>${mrkdwn(text)}</div></figure>`;
  const screens = SCREENS.map(
    (screen) =>
      `<figure><figcaption>${screen}</figcaption><div class="screen ${screen}">${messages}</div></figure>`,
  );
  return `<h2>${escapeHtml(title)}</h2><div class="row">${lock}${screens.join('\n')}</div>`;
}

function timeOf({ createdAtMs }: Notification): string {
  return new Date(createdAtMs).toISOString().slice(11, 16);
}

/** The one message as it stands after the last step, and its thread. */
function thread(steps: readonly Notification[]): string {
  const last = steps.at(-1);
  const [first, ...later] = steps;
  if (last === undefined || first === undefined) return '';
  const payload = asJson(encodeRoot(last, last === first ? 'news' : 'state'));
  const replies = later.map((step) =>
    messageHtml({
      payload: asJson(encodeReply(step)),
      time: timeOf(step),
      isReply: true,
      isBroadcast: step.reason === 'grew' || step.reason === 'repeat',
    }),
  );
  const root = messageHtml({ payload, time: timeOf(first), isEdited: later.length > 0 });
  return section(`bot: after ${last.reason}, with its thread`, payload, [root, ...replies].join(''));
}

const messages = SAMPLES.map(({ name, delivery }) => {
  const payload = asJson(encodeSlack(delivery));
  return section(name, payload, messageHtml({ payload, time: '20:44' }));
});
const threads = STORY.map((_, i) => thread(STORY.slice(0, i + 1)));

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Tocsin in Slack</title><style>${STYLE}</style><h1>Tocsin in Slack</h1>
${[...messages, ...threads].join('\n')}</html>\n`;

const file = process.argv[2] ?? 'data/slack.html';
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, page);
console.log(
  `${file}: ${SAMPLES.length} messages, and ${STORY.length} states of one that a bot keeps current`,
);
