import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Secret } from '../core/secret.ts';
import { secret } from './values.ts';

/** PEM certificates: a private CA to trust, or what shows the far side who we are. */
export const certificate = () =>
  secret().refine((pem) => isParsed(() => new X509Certificate(pem.reveal())), {
    error: 'expected a certificate in PEM form (-----BEGIN CERTIFICATE-----)',
  });

export const privateKey = () =>
  secret().refine((pem) => isParsed(() => createPrivateKey(pem.reveal())), {
    error: 'expected a private key in PEM form, not encrypted (-----BEGIN PRIVATE KEY-----)',
  });

/** What is wrong with a client certificate and its key; undefined where they are a pair, or both absent. */
export function pairMistake(
  cert: Secret | undefined,
  key: Secret | undefined,
): { readonly key: 'cert' | 'key'; readonly message: string } | undefined {
  if (cert !== undefined && key === undefined) return { key: 'cert', message: 'needs "key" beside it' };
  if (key !== undefined && cert === undefined) return { key: 'key', message: 'needs "cert" beside it' };
  if (cert === undefined || key === undefined || belongTogether(cert, key)) return undefined;
  return { key: 'key', message: 'is not the key of the certificate in "cert"' };
}

function belongTogether(cert: Secret, key: Secret): boolean {
  return new X509Certificate(cert.reveal()).checkPrivateKey(createPrivateKey(key.reveal()));
}

function isParsed(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
