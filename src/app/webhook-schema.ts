export { webhookJsonSchema } from '../destinations/tocsin-body-schema.ts';
