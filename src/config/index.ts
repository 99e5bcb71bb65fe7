export type { JsonSchema } from './alternatives.ts';
export { CONFIG_CODES } from './codes.ts';
export { formatProblems } from './excerpt.ts';
export { configJsonSchema } from './json-schema.ts';
export { type Loaded, loadConfig } from './load.ts';
export { inFileOrder } from './report.ts';
export type { PlacedFilter, Selections, Spot } from './selections.ts';
export type {
  Config,
  Registry,
} from './types.ts';
