const { readdirSync, readFileSync, existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');

/** Names of the installed packages that ship ESM only: jest runs CommonJS, so swc down-levels exactly these. */
function esmPackages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.name.startsWith('@')) return esmPackages(path);
    const manifest = join(path, 'package.json');
    const nested = existsSync(join(path, 'node_modules')) ? esmPackages(join(path, 'node_modules')) : [];
    if (!existsSync(manifest)) return nested;
    const { name, type } = JSON.parse(readFileSync(manifest, 'utf8'));
    return type === 'module' ? [name, ...nested] : nested;
  });
}

const esm = [...new Set(esmPackages(join(__dirname, 'node_modules')))];

const project = {
  rootDir: __dirname,
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/libs/testing/disconnect-observers.ts'],
  // Most of what is loaded is packages.
  moduleFileExtensions: ['js', 'ts', 'mts', 'mjs', 'cjs', 'json', 'node'],
  transform: {
    '^.+\\.m?[tj]s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esm.join('|')})/)`],
  moduleNameMapper: {
    '^@rookery/(.*)$': '<rootDir>/libs/$1',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.rookery/'],
};

module.exports = {
  // One for each core, as suites compute; two at least, as they also wait; eight at most, as PostgreSQL grants 200 connections.
  maxWorkers: Math.min(Math.max(availableParallelism(), 2), 8),
  // Without a bound a worker grows to over 2 GB. On a busy machine such workers were seen to stand still for 4 to 6 s,
  // longer than a request may take; smaller ones were not.
  workerIdleMemoryLimit: '512MB',
  // Long enough for a busy machine: how long a test takes says nothing unless it says so itself.
  testTimeout: 120_000,
  projects: [
    { ...project, displayName: 'unit', testMatch: ['<rootDir>/{libs,apps,tools}/**/!(*.int).spec.ts'] },
    {
      ...project,
      displayName: 'integration',
      testMatch: ['<rootDir>/{libs,apps}/**/*.int.spec.ts'],
      globalSetup: '<rootDir>/libs/testing/global-setup.ts',
      globalTeardown: '<rootDir>/libs/testing/global-teardown.ts',
    },
    {
      ...project,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.{e2e-spec,spec}.ts'],
      globalSetup: '<rootDir>/libs/testing/global-setup.ts',
      globalTeardown: '<rootDir>/libs/testing/global-teardown.ts',
    },
  ],
};
