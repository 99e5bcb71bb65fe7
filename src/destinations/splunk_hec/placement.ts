import type { Delivery } from '../../core/delivery.ts';
import { highestSeverity } from '../../core/severity.ts';
import type { HecEnvelope } from './collector.ts';

/**
 * What `index`, `source`, `sourcetype` and `host` may be made of: names that the operator or Tocsin chose. Nothing that an
 * attacker writes stands here, for it could choose who sees an event, or fill Splunk's lists of hosts and sources.
 */
const NAMES = ['kind', 'source', 'feed', 'severity', 'rule'] as const;
type Values = Readonly<Record<(typeof NAMES)[number], string>>;

const PLACEHOLDER = /\{\{ {0,8}([A-Za-z0-9_]{1,40}) {0,8}\}\}/g;
const LITERAL = /^[\x20-\x7e]{0,200}$/;
const INDEX_LITERAL = /^[a-z0-9_-]{0,80}$/;
const MAX_VALUE = 200;
const MAX_INDEX = 80;
const NOT_OF_AN_INDEX = /[^a-z0-9_-]/g;

/** What an operator wrote, for one of the four. */
interface Placement {
  readonly index?: string | undefined;
  readonly host?: string | undefined;
  readonly source: string;
  readonly sourcetype: string;
}

/** What is wrong with a text that may hold `{{ source }}`; undefined where nothing is. */
export function placementMistake(text: string, isIndex: boolean): string | undefined {
  const literal = text.replace(PLACEHOLDER, '');
  const unknown = [...text.matchAll(PLACEHOLDER)].find(([, name = '']) => !isName(name))?.[1];
  if (unknown !== undefined) return `nothing is named "${unknown}" there: use ${NAMES.join(', ')}`;
  if (literal.includes('{{') || literal.includes('}}'))
    return `expected {{ name }} with one of ${NAMES.join(', ')}`;
  if (isIndex && (!INDEX_LITERAL.test(literal) || /^[_-]/.test(text)))
    return 'expected the name of an index: lower-case letters, digits, _ and -, beginning with a letter or digit';
  return LITERAL.test(literal) ? undefined : 'expected at most 200 printable ASCII characters';
}

/** Where one delivery goes in Splunk. */
export function placementOf(delivery: Delivery, placement: Placement): Omit<HecEnvelope['metadata'], 'time'> {
  const { index, host, source, sourcetype } = placement;
  const fill = filler(delivery);
  return {
    source: fill(source),
    sourcetype: fill(sourcetype),
    ...(index === undefined ? {} : { index: indexName(fill(index)) }),
    ...(host === undefined ? {} : { host: fill(host) }),
  };
}

function filler(delivery: Delivery): (text: string) => string {
  let values: Values | undefined;
  return (text) => {
    if (!text.includes('{{')) return text;
    values ??= valuesOf(delivery);
    const filled = values;
    return text
      .replace(PLACEHOLDER, (_, name: string) => (isName(name) ? filled[name] : ''))
      .slice(0, MAX_VALUE);
  };
}

function isName(name: string): name is keyof Values {
  return NAMES.some((each) => each === name);
}

/** Names of sources and rules may hold what an index may not. */
function indexName(text: string): string {
  return text.toLowerCase().replace(NOT_OF_AN_INDEX, '_').slice(0, MAX_INDEX);
}

function valuesOf(delivery: Delivery): Values {
  const { kind } = delivery;
  if (kind === 'digest') return { kind, source: 'tocsin', feed: 'digest', severity: 'info', rule: 'none' };
  if (kind === 'alert') {
    const { severity, alerts } = delivery.notification;
    const [first] = alerts;
    const { source = 'tocsin', feed = 'none', rule = 'none' } = first ?? {};
    return { kind, source, feed, rule, severity: severity.toLowerCase() };
  }
  return { kind, source: delivery.event.source, feed: delivery.event.feed, ...worstRule(delivery.rules) };
}

function worstRule(rules: Extract<Delivery, { kind: 'event' }>['rules']): Pick<Values, 'severity' | 'rule'> {
  const [first, ...others] = rules;
  if (first === undefined) return { severity: 'none', rule: 'none' };
  const severity = others.reduce((worst, each) => highestSeverity(worst, each.severity), first.severity);
  const rule = rules.find((each) => each.severity === severity)?.rule ?? first.rule;
  return { severity: severity.toLowerCase(), rule };
}
