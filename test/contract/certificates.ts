import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** DNS names and IPv4 addresses. */
  readonly names?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBefore?: number;
  readonly notAfter?: number;
}

export interface Authority extends Certificate {
  issue(options: CertificateOptions): Certificate;
}

const DAY_MS = 86_400_000;
const SEQUENCE = 0x30;
const SET = 0x31;
const OID = {
  ecdsaSha256: '2a8648ce3d040302',
  commonName: '550403',
  constraints: '551d13',
  altName: '551d11',
};

/** A CA of a test's own, and what it signs: X.509 in DER by hand, so that no test needs a tool that may be missing. */
export function createAuthority(commonName: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = { commonName };
  const cert = certificate(own, keys.publicKey, own, keys.privateKey, true);
  return {
    cert,
    key: pem(keys.privateKey),
    issue: (options) => {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const issued = certificate(options, leaf.publicKey, own, keys.privateKey, false);
      return { cert: issued, key: pem(leaf.privateKey) };
    },
  };
}

function certificate(
  subject: CertificateOptions,
  publicKey: KeyObject,
  issuer: CertificateOptions,
  issuerKey: KeyObject,
  isAuthority: boolean,
): string {
  const { notBefore = Date.now() - DAY_MS, notAfter = Date.now() + DAY_MS, names = [] } = subject;
  const algorithm = der(SEQUENCE, oid(OID.ecdsaSha256));
  const extensions = [
    extension(OID.constraints, der(SEQUENCE, ...(isAuthority ? [der(0x01, Buffer.of(0xff))] : []))),
    ...(names.length === 0 ? [] : [extension(OID.altName, der(SEQUENCE, ...names.map(altName)))]),
  ];
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    nameOf(issuer),
    der(SEQUENCE, time(notBefore), time(notAfter)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...extensions)),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, issuerKey));
  return new X509Certificate(der(SEQUENCE, body, algorithm, signature)).toString();
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function nameOf({ commonName }: CertificateOptions): Buffer {
  const value = der(0x0c, Buffer.from(commonName));
  return der(SEQUENCE, der(SET, der(SEQUENCE, oid(OID.commonName), value)));
}

function time(ms: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));
}

function altName(name: string): Buffer {
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  return isAddress ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));
}

function extension(id: string, value: Buffer): Buffer {
  return der(SEQUENCE, oid(id), der(0x04, value));
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
