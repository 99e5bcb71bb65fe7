import type { Outcome } from '../../core/delivery.ts';

/** Certificates do not mend themselves: each of these waits for a person. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'shows a certificate that has expired: renew it there, or set the clock here',
  CERT_NOT_YET_VALID: 'shows a certificate that is not valid yet: set the clocks, there and here',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'shows a certificate of another name: correct "host", or give the name in it as "server_name"',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'shows a certificate signed by itself: give it as "ca_file" if it is yours',
  SELF_SIGNED_CERT_IN_CHAIN:
    'shows a certificate of a CA that is not trusted here: give that CA as "ca_file"',
  UNABLE_TO_GET_ISSUER_CERT:
    'shows a certificate of a CA that is not trusted here: give that CA as "ca_file"',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'shows a certificate of a CA that is not trusted here: give that CA as "ca_file", and have the receiver send its whole chain',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'shows a certificate of a CA that is not trusted here: give that CA as "ca_file", and have the receiver send its whole chain',
};

const RETRY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection before it was certain that everything had arrived',
  EPIPE: 'closed the connection before it was certain that everything had arrived',
  ENDED: 'closed the connection before it was certain that everything had arrived',
  ENOTFOUND: 'has a name that could not be resolved',
  EAI_AGAIN: 'has a name that could not be resolved for now',
  ETIMEDOUT: 'did not answer in time',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
};

/** `SSLV3` and `TLSV1` in OpenSSL's names are where an alert was first defined, not the version in use. */
const CLIENT_REFUSED =
  /ALERT_(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN)|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)$/;
const NOT_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|HTTP_REQUEST)$/;
const NO_COMMON_VERSION = /PROTOCOL_VERSION$|UNSUPPORTED_PROTOCOL$|NO_SHARED_CIPHER$/;
const OTHER_CERTIFICATE =
  /^(?:CERT_|CRL_|INVALID_|UNABLE_TO_|HOSTNAME_MISMATCH|PATH_LENGTH|EE_CERT|CA_CERT|ERR_TLS_CERT)/;

export type Failure = Extract<Outcome, { kind: 'retry' | 'hold' }>;

/**
 * What the loss of a connection means.
 * @param place host and port
 * @param code a system's or OpenSSL's word, or one of {@link LinkError}'s own
 */
export function classifyLoss(place: string, code: string): Failure {
  const wrong = holdReason(code);
  if (wrong !== undefined) return { kind: 'hold', reason: `${place} ${wrong}` };
  const known = Object.hasOwn(RETRY, code) ? RETRY[code] : undefined;
  return { kind: 'retry', reason: `${place} ${known ?? `could not be sent to (${code.slice(0, 60)})`}` };
}

function holdReason(code: string): string | undefined {
  if (Object.hasOwn(CERTIFICATE, code)) return CERTIFICATE[code];
  if (CLIENT_REFUSED.test(code))
    return 'did not accept us in the TLS handshake: give a certificate that it accepts as "cert_file" and "key_file"';
  if (NOT_TLS.test(code)) return 'does not speak TLS there: correct its port, or its "transport"';
  if (NO_COMMON_VERSION.test(code)) return 'speaks no version of TLS that is safe: it must offer 1.2 or 1.3';
  if (OTHER_CERTIFICATE.test(code))
    return `shows a certificate that is not accepted here (${code.slice(0, 60)})`;
  // An HTTP server, or TLS where plain text was sent: both explain themselves and hang up.
  if (code === 'ANSWERED')
    return 'answered and closed the connection, as no syslog receiver does: correct its port, or its "transport"';
  return undefined;
}
