import type { Registry } from '../config/index.ts';
import { fileDestination } from '../destinations/file/index.ts';
import { slackDestination } from '../destinations/slack/index.ts';
import { splunkHecDestination } from '../destinations/splunk_hec/index.ts';
import { syslogDestination } from '../destinations/syslog/index.ts';
import { webhookDestination } from '../destinations/webhook/index.ts';
import {
  ALERT_TERMS,
  type CompiledFilter,
  compileAlertFilter,
  compileRouteFilter,
  ROUTE_TERMS,
} from '../rules/index.ts';
import { aktoSource } from '../sources/akto/index.ts';
import { incidentsSource } from '../sources/incidents/index.ts';
import { unknownNamesBeside } from './known-names.ts';

/** What is wrong with the names in a filter is told with what else is wrong in it; of a whole one once all names are known. */
function withNames(compiled: ReturnType<typeof compileRouteFilter>, file: string) {
  return { ...compiled, problems: unknownNamesBeside(compiled, file) };
}

/** Every adapter there is: a new one is its folder and its line here. */
export const registry: Registry<CompiledFilter> = {
  sources: [aktoSource, incidentsSource],
  destinations: [
    slackDestination,
    splunkHecDestination,
    webhookDestination,
    syslogDestination,
    fileDestination,
  ],
  compileWhen: (node, owner, place) => withNames(compileRouteFilter(node, { owner, ...place }), place.file),
  compileQuiet: (node, owner, place) => withNames(compileAlertFilter(node, { owner, ...place }), place.file),
  groupTerms: [...ROUTE_TERMS.keys()],
  alertTerms: [...ALERT_TERMS.keys()],
};
