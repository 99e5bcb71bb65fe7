import type { Template } from './backend.ts';
import template from './reference-template.json' with { type: 'json' };

/** The one template of the vendor's reference page, as it stands there: its two ids differ, its lines have trailing blanks. */
export const referenceTemplate: Template = template;
