/** The shapes that a body may have. */
export const FORMATS = [
  'tocsin',
  'alertmanager',
  'cloudevents',
  'pagerduty',
  'teams',
  'discord',
  'template',
] as const;
export type Format = (typeof FORMATS)[number];
