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
  compileWhen: (node, owner, place) => compileRouteFilter(node, { owner, ...place }),
  compileQuiet: (node, owner, place) => compileAlertFilter(node, { owner, ...place }),
  groupTerms: [...ROUTE_TERMS.keys()],
  alertTerms: [...ALERT_TERMS.keys()],
};
