/** An RFC 5424 message, taken apart. */
export interface SyslogMessage {
  readonly facility: number;
  readonly severity: number;
  /** `-` where the sender gives none; so for the next four. */
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly processId: string;
  readonly messageId: string;
  /** The one element that Tocsin sends: its name, and its values unescaped. */
  readonly element: string;
  readonly params: ReadonlyMap<string, string>;
  readonly text: string;
  readonly hasBom: boolean;
}

const HEADER =
  /^<(\d{1,3})>1 (\S{1,32}) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) \[([!-<>-~]{1,64})/;
const PARAM = / ([!-<>-~]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"/y;
const MAX_PRI = 191;

/** Undefined where it is no message of this form, or not UTF-8. */
export function parseSyslog(bytes: Buffer): SyslogMessage | undefined {
  const whole = decode(bytes);
  const header = whole === undefined ? null : HEADER.exec(whole);
  if (whole === undefined || header === null) return undefined;
  const [
    all,
    pri = '',
    timestamp = '',
    hostname = '',
    appName = '',
    processId = '',
    messageId = '',
    element = '',
  ] = header;
  const data = readParams(whole, all.length);
  if (Number(pri) > MAX_PRI || data === undefined || !whole.startsWith('] ', data.end)) return undefined;
  const text = whole.slice(data.end + 2);
  const hasBom = text.startsWith('\ufeff');
  return {
    ...{ facility: Number(pri) >> 3, severity: Number(pri) & 7, timestamp, hostname, appName, processId },
    ...{ messageId, element, params: data.params, text: hasBom ? text.slice(1) : text, hasBom },
  };
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readParams(text: string, from: number) {
  const params = new Map<string, string>();
  PARAM.lastIndex = from;
  let end = from;
  for (let found = PARAM.exec(text); found !== null; found = PARAM.exec(text)) {
    const [, name = '', value = ''] = found;
    params.set(name, value.replaceAll(/\\(["\\\]])/g, '$1'));
    end = PARAM.lastIndex;
  }
  return { params, end };
}
