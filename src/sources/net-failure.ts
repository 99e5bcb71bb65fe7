import { SourceError } from '../core/source.ts';
import { NetError } from '../net/index.ts';
import { named } from './sentence.ts';

/** The answer, or the work of making it, was too much at once. */
export class TooLargeError extends SourceError {}

/**
 * What no answer came of, as a failure of the source.
 * @param keys the configuration's keys that go into a request
 */
export function toSourceError(error: unknown, source: string, keys: string): SourceError {
  if (!(error instanceof NetError)) {
    return new SourceError(
      'unavailable',
      `${named(source)} the request could not be sent; check url and ${keys}`,
    );
  }
  const sentence = `${named(source)} ${error.message}`;
  switch (error.kind) {
    case 'aborted':
      return new SourceError('aborted', sentence);
    case 'too_large':
      return new TooLargeError('unavailable', `${sentence}; check url if this goes on`);
    case 'tls':
      return new SourceError('refused', `${sentence}; check url and the certificate`);
    case 'dns':
      return new SourceError('unavailable', `${sentence}; check url if this goes on`);
    default:
      return new SourceError('unavailable', sentence);
  }
}
