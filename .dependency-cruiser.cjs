/** The rooms, from the ground up: each may import those below it in its list, nothing else of the project. */
const rooms = {
  domain: [],
  settings: [],
  observability: ['settings'],
  redis: ['settings', 'observability'],
  persistence: ['domain', 'settings', 'observability'],
  messaging: ['domain', 'settings', 'observability', 'redis', 'persistence'],
  audit: ['domain', 'settings', 'observability', 'persistence', 'messaging'],
  application: ['domain', 'settings', 'observability', 'redis', 'persistence', 'messaging', 'audit'],
  web: ['domain', 'settings', 'observability', 'redis', 'persistence', 'messaging', 'application'],
  mail: ['domain', 'settings', 'observability', 'redis', 'persistence', 'messaging'],
  realtime: [
    'domain',
    'settings',
    'observability',
    'redis',
    'persistence',
    'messaging',
    'application',
    'web',
  ],
  'outbound-http': ['settings'],
};

/** What only tests load: suites, what a context brings along for them, and the rows of the access matrix. */
const tests = '\\.spec\\.ts$|^libs/contexts/[^/]+/(testing|features/[^/]+/access)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-test-code-in-product-code',
      comment: 'Tests, libs/testing and the tools are not shipped.',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: [tests, '^libs/testing/'] },
      to: { path: ['^libs/testing/', '^test/', '^tools/', '^bench/', tests] },
    },
    {
      name: 'testing-is-platform-only',
      comment: 'What suites need from a context is in its testing.ts.',
      severity: 'error',
      from: { path: '^libs/testing/' },
      to: { path: '^libs/contexts/', pathNot: '^libs/contexts/index\\.ts$' },
    },
    {
      name: 'nobody-imports-an-app',
      severity: 'error',
      from: { pathNot: ['^apps/', '^test/', '^libs/testing/', '^bench/'] },
      to: { path: '^apps/' },
    },
    {
      name: 'no-app-imports-another',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    ...Object.entries(rooms).map(([room, below]) => ({
      name: `${room}-imports-only-what-is-below`,
      severity: 'error',
      from: { path: `^libs/${room}/`, pathNot: tests },
      to: { path: '^libs/', pathNot: [`^libs/${room}/`, ...below.map((name) => `^libs/${name}/`)] },
    })),
    {
      name: 'domain-is-pure',
      comment: 'The domain imports neither framework nor database.',
      severity: 'error',
      from: { path: '^libs/domain/', pathNot: tests },
      to: { path: 'node_modules', pathNot: ['node_modules/(zod|uuidv7)/'] },
    },
    {
      name: 'a-model-knows-only-the-domain',
      comment: 'model/ imports only libs/domain, its events and itself. A word list is data.',
      severity: 'error',
      from: { path: '^libs/contexts/([^/]+)/model/', pathNot: tests },
      to: {
        path: ['^libs/', '^apps/', 'node_modules', '^node:'],
        pathNot: [
          '^libs/domain/',
          '^libs/contexts/$1/(model/|contract/events\\.ts|events\\.ts|contract\\.ts)',
          'node_modules/@zxcvbn-ts/language-common/',
        ],
      },
    },
    {
      name: 'a-model-reaches-only-the-domain',
      comment: 'A contract must not bring a framework or a database into the model, also not indirectly.',
      severity: 'error',
      from: { path: '^libs/contexts/[^/]+/model/', pathNot: tests },
      to: {
        reachable: true,
        path: ['^libs/(?!domain/|contexts/)', 'node_modules/@nestjs/', 'node_modules/typeorm/'],
      },
    },
    {
      name: 'contexts-meet-at-the-contract',
      comment: 'Other contexts are imported only through their contract.ts.',
      severity: 'error',
      from: { path: '^libs/contexts/([^/]+)/', pathNot: tests },
      to: { path: '^libs/contexts/', pathNot: ['^libs/contexts/$1/', '^libs/contexts/[^/]+/contract\\.ts$'] },
    },
    {
      name: 'features-are-strangers',
      comment: 'Code that two features share belongs in model/, storage/, services/ or views/.',
      severity: 'error',
      from: { path: '^libs/contexts/([^/]+)/features/([^/]+)/' },
      to: { path: '^libs/contexts/[^/]+/features/', pathNot: '^libs/contexts/$1/features/$2/' },
    },
    {
      name: 'only-features-know-features',
      severity: 'error',
      from: {
        path: '^libs/contexts/[^/]+/(model|storage|services|views|contract|settings|seed|personal-data)',
        pathNot: tests,
      },
      to: { path: '^libs/contexts/[^/]+/features/' },
    },
    {
      name: 'apps-take-contexts-as-declared',
      comment: 'Apps use contexts only through their declarations.',
      severity: 'error',
      from: { path: '^apps/', pathNot: tests },
      to: { path: '^libs/contexts/(?!index\\.ts$)' },
    },
    {
      name: 'testing-is-platform-only',
      comment: 'libs/testing uses contexts only through their fixtures.',
      severity: 'error',
      from: { path: '^libs/testing/' },
      to: { path: '^libs/contexts/(?!index\\.ts$)' },
    },
    {
      name: 'views-are-read',
      comment: 'Views are read models and SQL: they do not import services.',
      severity: 'error',
      from: { path: '^libs/contexts/[^/]+/views/', pathNot: tests },
      to: { path: '^libs/contexts/[^/]+/services/' },
    },
    {
      name: 'storage-knows-no-use-case',
      comment:
        'services/ and views/ build on storage/. What all need, such as derived keys, stands beside settings.ts.',
      severity: 'error',
      from: { path: '^libs/contexts/[^/]+/storage/', pathNot: tests },
      to: { path: '^libs/contexts/[^/]+/(services|views)/' },
    },
    {
      name: 'personal-data-is-stored',
      comment: 'Exports and erasures use only storage.',
      severity: 'error',
      from: { path: '^libs/contexts/[^/]+/personal-data', pathNot: tests },
      to: { path: '^libs/contexts/[^/]+/(services|views)/' },
    },
    ...['seed', 'personal-data', 'cli', 'fixtures'].map((part) => ({
      name: `only-the-declaration-takes-${part}`,
      severity: 'error',
      from: {
        path: '^libs/contexts/',
        pathNot: [tests, '\\.context\\.ts$', `^libs/contexts/[^/]+/${part}[/.]`],
      },
      to: { path: `^libs/contexts/[^/]+/${part}[/.]` },
    })),
    {
      name: 'libs-are-entered-by-the-door',
      comment:
        'Other libs are imported through their index; libs/testing file by file, so that a suite loads only what it uses.',
      severity: 'error',
      from: { path: '^(apps|libs|test)/', pathNot: '^libs/([^/]+)/' },
      to: { path: '^libs/(?!contexts/|testing/)[^/]+/(?!index\\.ts$)' },
    },
    {
      name: 'libs-are-entered-by-the-door-from-libs',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/(?!contexts/|testing/)[^/]+/(?!index\\.ts$)', pathNot: '^libs/$1/' },
    },
    {
      name: 'no-development-packages-in-product-code',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: [tests, '^libs/testing/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist', '\\.rookery/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['require', 'import', 'node', 'default', 'types'],
    },
  },
};
