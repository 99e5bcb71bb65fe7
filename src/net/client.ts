import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { type Deadline, startDeadline } from './deadline.ts';
import { netError, toNetError } from './error.ts';

export interface HttpClientOptions {
  /** For the whole request: name, connection, TLS, headers and the last byte of the body. */
  readonly timeoutMs: number;
  /** Of the body, after decompression. */
  readonly maxResponseBytes: number;
  readonly tls?: {
    /** False trusts any certificate; only ever what an operator asked for by name. */
    readonly verify?: boolean;
    /** PEM certificates to trust instead of the system's. */
    readonly ca?: string;
    /** PEM certificate and its key: what shows the far side who we are. */
    readonly cert?: string;
    readonly key?: string;
  };
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
  /** Overrides the client's. */
  readonly timeoutMs?: number;
  /** The status is what counts: one that is huge, slow or cut short is no error, and as much of it is given as came. */
  readonly takeWhatComes?: boolean;
}

export interface HttpResponse {
  /** Any status: an answer is never an error here, and a redirect is never followed. */
  readonly status: number;
  /** Names in lower case; a header sent several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As text, whatever its content type says. See {@link parseJsonBody}. */
  readonly body: string;
  /** The body is not whole: it was too long, too slow, broke off, or could not be unpacked. Only with `takeWhatComes`. */
  readonly cut?: true;
}

export interface HttpClient {
  /** Throws {@link NetError} when no whole answer came. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Closes every socket, those in use too. */
  close(): void;
}

/** axios with its traps closed. Keeps connections alive; safe to share between concurrent requests. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const agents = createAgents(options);
  const http = createAxios(agents, options.maxResponseBytes);
  return {
    request: (request) => requestOnce(http, request, options),
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

type Agents = ReturnType<typeof createAgents>;

function createAgents({ tls }: HttpClientOptions) {
  const { verify = true, ...certificates } = tls ?? {};
  return {
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true, rejectUnauthorized: verify, ...certificates }),
  };
}

function createAxios(agents: Agents, maxResponseBytes: number): AxiosInstance {
  return axios.create({
    ...agents,
    adapter: 'http',
    // A redirect to another host would be given our keys.
    maxRedirects: 0,
    // HTTPS_PROXY would have axios send the whole request, token included, to the proxy in the clear.
    proxy: false,
    validateStatus: () => true,
    // Bodies pass untouched both ways: axios re-encodes strings that are not one JSON document, and
    // lets a truncated or HTML answer pass as a string.
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    maxContentLength: maxResponseBytes,
    maxBodyLength: -1,
  });
}

async function requestOnce(
  http: AxiosInstance,
  request: HttpRequest,
  options: HttpClientOptions,
): Promise<HttpResponse> {
  const timeoutMs = request.timeoutMs ?? options.timeoutMs;
  const deadline = startDeadline(timeoutMs, request.signal);
  try {
    const response = await http.request(axiosRequest(request, deadline));
    if (!(response.data instanceof Readable)) return toResponse(response);
    const { text, isWhole } = await drain(response.data, options.maxResponseBytes);
    const answer = toResponse({ ...response, data: text });
    return isWhole ? answer : { ...answer, cut: true };
  } catch (error) {
    const why = deadline.why();
    throw why === undefined
      ? toNetError(error, request.url)
      : netError(why, request.url, detail(why, timeoutMs));
  } finally {
    deadline.dispose();
  }
}

/** The deadline stands in for axios's `timeout`, which reports a slow body as a bad response. */
function axiosRequest(request: HttpRequest, deadline: Deadline) {
  const { method, url, headers, body } = request;
  const data = typeof body === 'string' ? Buffer.from(body) : body;
  const responseType = request.takeWhatComes ? ('stream' as const) : ('text' as const);
  return {
    method,
    url,
    responseType,
    headers: { ...headers },
    signal: deadline.signal,
    ...(data && { data }),
  };
}

/**
 * Reads a body to its end, so that the connection can be used again, unless it is too long. Gives what came; never
 * rejects.
 */
function drain(body: Readable, maxBytes: number): Promise<{ text: string; isWhole: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isWhole = false;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) body.destroy();
      else chunks.push(chunk);
    });
    const end = (): void => resolve({ text: Buffer.concat(chunks).toString(), isWhole });
    body.on('end', () => {
      isWhole = bytes <= maxBytes;
    });
    body.on('error', end).on('close', end);
  });
}

function detail(why: 'timeout' | 'aborted', timeoutMs: number): string {
  return why === 'timeout' ? `${timeoutMs} ms` : '';
}

function toResponse(response: AxiosResponse<unknown>): HttpResponse {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, value] of Object.entries(response.headers)) {
    headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return { status: response.status, headers, body: typeof response.data === 'string' ? response.data : '' };
}
