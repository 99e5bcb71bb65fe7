import type { Delivery } from '../core/delivery.ts';
import { compileTemplate, type Dialect, type Template, TemplateError } from './template.ts';
import { templateContext } from './template-context.ts';
import { type Sample, samplesOf } from './template-samples.ts';

export type CheckedTemplate = { readonly template: Template } | { readonly problem: string };

/**
 * A template that has been seen to work on one of everything that a destination may be sent of those kinds.
 * The problem is one sentence, without the template's own text.
 */
export function checkTemplate(
  text: string,
  dialect: Dialect,
  kinds: readonly Delivery['kind'][],
): CheckedTemplate {
  try {
    const template = compileTemplate(text, dialect);
    for (const sample of kinds.flatMap(samplesOf)) tryOut(template, sample);
    return { template };
  } catch (error) {
    if (error instanceof TemplateError) return { problem: error.message };
    throw error;
  }
}

function tryOut(template: Template, { name, delivery }: Sample): void {
  try {
    template.render(templateContext(delivery));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new TemplateError(`for ${name}, ${error.message}`);
  }
}
