import type { NotifiedAlert } from '../core/alert.ts';

/** What one part of a list may be as JSON, in characters, as long as it has more than one alert. */
const MOST_CHARS = 200_000;

/**
 * Alerts in their order, in as many parts as their size asks for. The first has `together` of them whatever their size:
 * what people are shown must not depend on it. None for no alerts.
 */
export function partsOf(
  alerts: readonly NotifiedAlert[],
  together: number,
): readonly (readonly NotifiedAlert[])[] {
  const parts: NotifiedAlert[][] = [];
  let chars = 0;
  for (const [index, alert] of alerts.entries()) {
    const part = parts.at(-1);
    const size = JSON.stringify(alert).length;
    const fits = part !== undefined && (index < together || chars + size <= MOST_CHARS);
    if (fits) part.push(alert);
    else parts.push([alert]);
    chars = fits ? chars + size : size;
  }
  return parts;
}
