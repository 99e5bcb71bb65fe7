import { z } from 'zod';

/** What `group_by` and `equal` name; whether there is such a term is looked at later. */
export const term = z.string({ error: 'expected the name of a term' }).regex(/^[a-z][a-z0-9_]{0,62}$/, {
  error: 'expected the name of a term, such as rule, severity or actor',
});
