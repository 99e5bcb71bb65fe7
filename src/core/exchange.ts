/**
 * A captured HTTP exchange. Absent numbers are undefined, absent texts are ''. Header names keep
 * the spelling and the order of the capture.
 */
export interface Exchange {
  readonly method: string;
  /** With its query string, as captured. */
  readonly path: string;
  /** The protocol, `HTTP/1.1`. */
  readonly type: string;
  readonly requestHeaders: Readonly<Record<string, readonly string[]>>;
  readonly requestPayload: string;
  readonly responseHeaders: Readonly<Record<string, readonly string[]>>;
  readonly responsePayload: string;
  readonly apiCollectionId?: number;
  readonly statusCode?: number;
  /** The reason line, `200 OK`. */
  readonly status: string;
  /** Epoch seconds. */
  readonly time?: number;
  readonly aktoAccountId: string;
  readonly ip: string;
  readonly destIp: string;
  readonly direction: string;
  readonly isPending?: boolean;
  readonly source: string;
  readonly aktoVxlanId: string;
}
