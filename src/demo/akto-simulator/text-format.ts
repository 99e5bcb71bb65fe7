import type { Exchange } from '../../core/exchange.ts';

const NAMED_ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  39: "\\'",
  92: '\\\\',
};

const bytesOf = new TextEncoder();

function quote(text: string): string {
  let quoted = '"';
  for (const byte of bytesOf.encode(text)) {
    const printable = byte >= 0x20 && byte < 0x7f;
    quoted +=
      NAMED_ESCAPES[byte] ??
      (printable ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`);
  }
  return `${quoted}"`;
}

type Scalar = string | number | boolean | undefined;

/** A field that holds its default is left out, as proto3 leaves it out. */
function field(name: string, value: Scalar): string {
  if (value === undefined || value === '' || value === 0 || value === false) return '';
  return `${name}: ${typeof value === 'string' ? quote(value) : value}\n`;
}

function headers(name: string, map: Exchange['requestHeaders']): string {
  const entries = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries
    .map(([key, values]) => {
      const lines = values.map((value) => `    values: ${quote(value)}\n`).join('');
      return `${name} {\n  key: ${quote(key)}\n  value {\n${lines}  }\n}\n`;
    })
    .join('');
}

/** The captured exchange as the feed's `payload` carries it: what Java's `toString()` prints of the message. */
export function toTextFormat(exchange: Exchange): string {
  return [
    field('method', exchange.method),
    field('path', exchange.path),
    field('type', exchange.type),
    headers('request_headers', exchange.requestHeaders),
    field('request_payload', exchange.requestPayload),
    field('api_collection_id', exchange.apiCollectionId),
    field('status_code', exchange.statusCode),
    field('status', exchange.status),
    headers('response_headers', exchange.responseHeaders),
    field('response_payload', exchange.responsePayload),
    field('time', exchange.time),
    field('akto_account_id', exchange.aktoAccountId),
    field('ip', exchange.ip),
    field('dest_ip', exchange.destIp),
    field('direction', exchange.direction),
    field('is_pending', exchange.isPending),
    field('source', exchange.source),
    field('akto_vxlan_id', exchange.aktoVxlanId),
  ].join('');
}

/** The exchange as older and aggregated records carry it: a JSON text whose headers are JSON texts again. */
export function toJsonForm(exchange: Exchange): string {
  const flat = (map: Exchange['requestHeaders']): string =>
    JSON.stringify(Object.fromEntries(Object.entries(map).map(([key, values]) => [key, values.join(';')])));
  return JSON.stringify({
    method: exchange.method,
    requestPayload: exchange.requestPayload,
    responsePayload: exchange.responsePayload,
    ip: exchange.ip,
    destIp: exchange.destIp,
    source: exchange.source,
    type: exchange.type,
    akto_vxlan_id: exchange.aktoVxlanId,
    path: exchange.path,
    requestHeaders: flat(exchange.requestHeaders),
    responseHeaders: flat(exchange.responseHeaders),
    time: exchange.time,
    akto_account_id: exchange.aktoAccountId,
    statusCode: exchange.statusCode,
    status: exchange.status,
  });
}
