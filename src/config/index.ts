export type { JsonSchema } from './alternatives.ts';
export { CONFIG_CODES, type ConfigCode } from './codes.ts';
export { type FormatOptions, formatProblems } from './excerpt.ts';
export { configJsonSchema } from './json-schema.ts';
export { type Loaded, type LoadOptions, loadConfig } from './load.ts';
export type {
  CompileWhen,
  Config,
  ConfiguredDestination,
  ConfiguredRoute,
  ConfiguredSource,
  DestinationConfig,
  Registry,
  SourceConfig,
} from './types.ts';
