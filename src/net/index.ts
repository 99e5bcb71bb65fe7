export {
  createHttpClient,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
} from './client.ts';
export { type Deadline, startDeadline } from './deadline.ts';
export { NetError, type NetErrorKind, netError, toNetError } from './error.ts';
export { parseJsonBody } from './json.ts';
export { isTransientStatus, outcomeOfError } from './outcome.ts';
export { parseRetryAfter } from './retry-after.ts';
