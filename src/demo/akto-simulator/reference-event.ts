import type { JsonObject } from '../../core/json.ts';
import event from './reference-event.json' with { type: 'json' };

/** The one real event of the vendor's reference page, as it stands there. */
export const referenceEvent: JsonObject = event;
