import { z } from 'zod';
import { Secret } from '../core/secret.ts';

/** What an address is pasted with, and what it may be taken for. */
export interface AddressHints {
  /** What is to be written. */
  readonly example?: string;
  /** The end of a path that people paste along, of which the address is the beginning: it is left out, with all behind it. */
  readonly tail?: RegExp;
  /** Says of an address that it can never be right, though it is one: a page that people look at. */
  readonly mistake?: (url: URL) => string | undefined;
}

const NOT_FILLED_IN = `a $NAME is not filled in; write \${NAME}`;

/** An absolute http(s) URL without credentials, query or fragment, and without a slash at its end. */
export const baseUrl = ({ example = 'https://app.akto.io', tail, mistake }: AddressHints = {}) =>
  z.string({ error: 'expected a URL' }).transform((text, context) => {
    const expected = `expected an http(s) URL without user, query or fragment, such as ${example}`;
    const refuse = (why: string): never => {
      context.addIssue({ code: 'custom', message: why === '' ? expected : `${expected}: ${why}` });
      return z.NEVER;
    };
    const url = URL.parse(text);
    if (url === null || !isHttp(url)) return refuse(whyNoUrl(text));
    const wrong = mistake?.(url);
    if (wrong !== undefined) {
      context.addIssue({ code: 'custom', message: wrong });
      return z.NEVER;
    }
    if (url.username !== '' || url.password !== '')
      return refuse('remove the user and the password; secrets have keys of their own');
    if (hasReference(text)) return refuse(NOT_FILLED_IN);
    const cut = tail === undefined ? -1 : url.pathname.search(tail);
    if (cut >= 0) return withoutSlash(`${url.origin}${url.pathname.slice(0, cut)}`);
    if (url.search !== '') return refuse('remove the query, the ? and what follows');
    if (url.hash !== '') return refuse('remove the fragment, the # and what follows');
    return withoutSlash(text.trim());
  });

/**
 * A whole http(s) URL that is itself a secret, as incoming webhooks are. Its key may also be given as `<key>_file`. A
 * user and a password in it are sent as HTTP's Basic scheme has it.
 */
export const secretUrl = ({ mistake }: Pick<AddressHints, 'mistake'> = {}) =>
  z
    .string({ error: 'expected a URL' })
    .transform((text, context) => {
      const url = URL.parse(text);
      const why = url === null || !isHttp(url) ? whyNoUrl(text) : mistake?.(url);
      if (url !== null && isHttp(url) && why === undefined) return new Secret(text);
      const isUrl = url !== null && isHttp(url);
      const message = isUrl ? (why ?? '') : `expected an http(s) URL${why === '' ? '' : `: ${why}`}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ writeOnly: true });

function isHttp({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

/** Never with the text itself: it may hold a password. */
function whyNoUrl(text: string): string {
  if (hasReference(text)) return NOT_FILLED_IN;
  if (/^\s*["'“‘<]/.test(text)) return 'remove the quotes or brackets around it, which are part of the value';
  if (/^\s*[\w.-]+(?::\d+)?(?:\/|\s*$)/.test(text) && /[.:]/.test(text)) return 'write https:// before it';
  return '';
}

function hasReference(text: string): boolean {
  return /\$(?:[A-Za-z_]|\()/.test(text);
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '');
}

const SPLUNK_PAGE =
  /^\/(?:[a-z]{2}-[A-Z]{2}(?:\/|$)|app\/|manager\/|account\/|servicesNS\/|services\/(?!collector(?:\/|$)))/;

/** Splunk's web interface and its management API, which take no events. */
export function splunkMistake({ pathname }: URL): string | undefined {
  if (!SPLUNK_PAGE.test(pathname)) return undefined;
  return "this is Splunk's web interface or its management API; write the base address of its HTTP Event Collector, such as https://splunk.example.com:8088";
}

/** Addresses that no incoming webhook has. */
export function slackMistake(url: URL): string | undefined {
  const { hostname, pathname } = url;
  if (/^discord(?:app)?\.com$/.test(hostname) && !/\/slack\/?$/.test(pathname))
    return "this is Discord's, which takes no messages of Slack's; write type: webhook with format: discord";
  if (
    /(?:^|\.)(?:webhook\.office\.com|logic\.azure\.com|api\.powerplatform\.com|teams\.microsoft\.com)$/.test(
      hostname,
    )
  )
    return "this is Teams', which takes no messages of Slack's; write type: webhook with format: teams";
  if (/(?:^|\.)slack(?:-gov)?\.com$/.test(hostname) && !/^hooks\./.test(hostname))
    return 'this is a page of Slack; write the URL of an incoming webhook, such as https://hooks.slack.com/services/…';
  return undefined;
}

/** Pages that people look at, which take no posts. */
export function webhookMistake({ hostname, pathname }: URL): string | undefined {
  if (/^discord(?:app)?\.com$/.test(hostname) && pathname.startsWith('/channels'))
    return "this is a channel's page; write the webhook's URL, https://discord.com/api/webhooks/…";
  if (/^teams\.(?:microsoft|live)\.com$/.test(hostname))
    return 'this is a page of Teams; write the URL of a workflow that posts to the channel';
  if (/(?:^|\.)pagerduty\.com$/.test(hostname) && !/^events\./.test(hostname))
    return 'this is a page of PagerDuty; leave url out: format: pagerduty knows where events go';
  if (/^(?:app|[\w-]+)\.slack(?:-gov)?\.com$/.test(hostname) && !/^(?:hooks|www)\./.test(hostname))
    return 'this is a page of Slack; write type: slack, with the URL of an incoming webhook';
  return undefined;
}
