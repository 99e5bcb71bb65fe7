/** The slice of splunk-logging 0.11 that is used here; the package brings no types of its own. */
declare module 'splunk-logging' {
  import type { Agent, IncomingMessage } from 'node:http';

  interface LoggerConfig {
    token: string;
    protocol: string;
    host: string;
    port: number;
    path: string;
    maxRetries: number;
    batchInterval: number;
    maxBatchCount: number;
    maxBatchSize: number;
  }

  /** Handed on to needle, which makes the request. */
  interface RequestOptions {
    agent: Agent;
    rejectUnauthorized: boolean;
    strictSSL: boolean;
    json: boolean;
    /** Milliseconds: until connected, until the first byte, until the last one. */
    open_timeout: number;
    response_timeout: number;
    read_timeout: number;
    follow_max: number;
    parse_response: boolean;
    decode_response: boolean;
    parse_cookies: boolean;
    /** Mutated: the token is written into it. */
    headers: Record<string, string>;
  }

  interface Context {
    message: unknown;
    metadata: { time: string; host?: string; source?: string; sourcetype?: string; index?: string };
  }

  export class Logger {
    constructor(config: LoggerConfig);
    requestOptions: RequestOptions;
    eventFormatter: (message: unknown, severity: string) => unknown;
    error: (error: unknown, context: unknown) => void;
    /** What `send` has written and `flush` will post, and its length in bytes. */
    serializedContextQueue: string[];
    eventsBatchSize: number;
    send(context: Context): void;
    flush(callback: (error: unknown, response: IncomingMessage | undefined, body: unknown) => void): void;
  }
}
