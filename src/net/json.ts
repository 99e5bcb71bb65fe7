import type { Json } from '../core/json.ts';

/**
 * The body as JSON; undefined where it is not one whole JSON document (empty, cut short, an HTML
 * page), whatever the status and the content type say.
 */
export function parseJsonBody(response: { readonly body: string }): Json | undefined {
  try {
    const value: Json = JSON.parse(response.body);
    return value;
  } catch {
    return undefined;
  }
}
