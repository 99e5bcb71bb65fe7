import template from './reference-template.json' with { type: 'json' };
import type { Template } from './templates.ts';

/** The one template of the vendor's reference page, as it stands there: its two ids differ, its lines have trailing blanks. */
export const referenceTemplate: Template = template;
