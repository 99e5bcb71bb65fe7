import { isJsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { SourceError } from '../../core/source.ts';
import { type HttpRequest, type HttpResponse, parseJsonBody } from '../../net/index.ts';
import { named } from '../sentence.ts';
import { readObject } from './answer.ts';
import type { Credentials } from './config.ts';
import type { IssuedToken } from './token.ts';

/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
/** Of OAuth 2.0. The endpoint's own words are never repeated, these alone are. */
const ERRORS: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

type Client = Extract<Credentials, { kind: 'client' }>;

export function tokenRequest(url: string, { id, secret }: Client): HttpRequest {
  const basic = Buffer.from(`${id.reveal()}:${secret.reveal()}`).toString('base64');
  return {
    method: 'POST',
    url: `${url}/tokens`,
    headers: {
      authorization: `Basic ${basic}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ grant_type: 'client_credentials' }),
  };
}

/** Throws {@link SourceError} where there is no token in the answer. */
export function readIssuedToken(response: HttpResponse, source: string, nowMs: number): IssuedToken {
  if (response.status === 400) throw new SourceError('refused', `${named(source)} ${mend(response)} (400)`);
  const body = readObject(response, { source, what: 'a token', mend: mend(response), nowMs });
  const { access_token: token, expires_in: expiresIn } = body;
  if (typeof token === 'string' && TOKEN.test(token)) return { token: new Secret(token), expiresIn };
  throw new SourceError(
    'unavailable',
    `${named(source)} the identity API answered a request for a token without a usable access_token; it will be asked again`,
  );
}

function mend(response: HttpResponse): string {
  const body = parseJsonBody(response);
  const error = isJsonObject(body) ? body['error'] : undefined;
  const said = ERRORS.has(error) ? `, saying ${String(error)}` : '';
  return `the identity API gives no token to this client${said}: check client_id and client_secret`;
}
