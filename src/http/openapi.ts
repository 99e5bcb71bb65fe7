const PROBLEMS = { type: 'array', items: { type: 'string' } };

/** The HTTP interface in OpenAPI 3.1: what monitoring and deployment tools may rely on. */
export function openapi(version: string): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Tocsin', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/healthz': {
        get: operation('The process is alive.', {
          200: response('Alive', { status: { const: 'ok' }, version: { type: 'string' } }),
        }),
      },
      '/readyz': {
        get: operation('Whether every feed is read and the store takes writes.', {
          200: response('All is well', { ready: { const: true }, problems: PROBLEMS }),
          503: response('Something keeps events from being read', {
            ready: { const: false },
            problems: PROBLEMS,
          }),
        }),
      },
      '/metrics': {
        get: guarded('Metrics in the Prometheus text format.', {
          200: { description: 'Metrics', content: { 'text/plain': {} } },
        }),
      },
      '/api/v1/openapi.json': {
        get: guarded('This document.', {
          200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } },
        }),
      },
      '/api/v1/reload': {
        post: guarded('Reads configuration and rules again. What does not validate changes nothing.', {
          200: response('In force; there may be warnings', { problems: PROBLEMS }),
          422: response('Refused; the running configuration stays', { problems: PROBLEMS }),
        }),
      },
    },
  };
}

function operation(summary: string, responses: object): object {
  return { summary, responses };
}

function guarded(summary: string, responses: object): object {
  return {
    summary,
    security: [{ token: [] }],
    responses: { ...responses, 401: { description: 'The token is missing or wrong' } },
  };
}

function response(description: string, properties: object): object {
  return { description, content: { 'application/json': { schema: { type: 'object', properties } } } };
}
