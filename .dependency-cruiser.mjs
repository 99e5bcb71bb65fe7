// The rooms of src/, highest first. Imports point down this list, never up; adapters never import each other.
const rooms = [
  'cli',
  'app',
  'http',
  'config',
  'demo',
  'pipeline',
  'sources',
  'destinations',
  'store',
  'rules',
  'alerts',
  'redaction',
  'payload',
  'regex',
  'net',
  'schema',
  'telemetry',
  'core',
];

const pointsUp = rooms.slice(1).map((room, i) => ({
  name: `${room}-imports-up`,
  comment: `src/${room} may import only rooms below it; see docs/adr/0001-rooms.md`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: `^src/(main\\.ts|(${rooms.slice(0, i + 1).join('|')})/)` },
}));

export default {
  forbidden: [
    ...pointsUp,
    {
      name: 'adapters-stay-apart',
      comment:
        'one adapter never imports another: what they share belongs in a room below, or in destinations/siem',
      severity: 'error',
      from: { path: '^src/(sources|destinations|store)/([^/]+)/' },
      to: { path: '^src/(sources|destinations|store)/[^/]+/', pathNot: '^src/($1/$2|destinations/siem)/' },
    },
    {
      name: 'core-imports-nothing',
      comment: 'core is types and arithmetic; it needs no package and no other room',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'only-app-names-adapters',
      comment: 'the composition root is the one place that knows concrete adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|sources|destinations|store)/' },
      to: { path: '^src/(sources|destinations|store)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-to-test',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^test/|\\.test\\.ts$' },
    },
    {
      name: 'no-dev-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
