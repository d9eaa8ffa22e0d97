import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..');
const COPIED = ['apps', 'libs', 'migrations', 'tsconfig.json', 'package.json', '.dependency-cruiser.cjs'];

interface Violation {
  rule: { name: string };
  from: string;
}

/** Runs the rules over a tree and returns the violations: `rule: file`. */
function violations(tree: string): string[] {
  const program = join(root, 'node_modules/.bin/depcruise');
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'apps', 'libs', 'migrations'];
  let report: string;
  try {
    report = execFileSync(process.execPath, [program, ...args], {
      cwd: tree,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  } catch (error) {
    report = (error as { stdout: string }).stdout; // it exits with the number of violations
  }
  const { summary } = JSON.parse(report) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
}

/** One planted violation per rule: its folder and what the planted file imports. */
const planted: [rule: string, folder: string, text: string][] = [
  ['no-circles', 'libs/domain', `import type { Y } from './no-circles'; export type Z = Y;`],
  ['no-unresolvable', 'libs/web', `import { x } from './nowhere'; export const y = x;`],
  [
    'no-test-code-in-product-code',
    'libs/web',
    `import { eventually } from '@rookery/testing'; export const y = eventually;`,
  ],
  [
    'testing-is-platform-only',
    'libs/testing',
    `import { User } from '../contexts/identity/model/user'; export const y = User;`,
  ],
  [
    'nobody-imports-an-app',
    'libs/web',
    `import { startApi } from '../../apps/api/src/start'; export const y = startApi;`,
  ],
  [
    'no-app-imports-another',
    'apps/api/src',
    `import { startWorker } from '../../worker/src/start'; export const y = startWorker;`,
  ],
  ...[
    'domain',
    'settings',
    'observability',
    'redis',
    'persistence',
    'messaging',
    'web',
    'audit',
    'mail',
    'realtime',
    'outbound-http',
  ].map((room): [string, string, string] => [
    `${room}-imports-only-what-is-below`,
    `libs/${room}`,
    `import { contexts } from '@rookery/contexts'; export const y = contexts;`,
  ]),
  [
    'application-imports-only-what-is-below',
    'libs/application',
    `import { Field } from '@rookery/web'; export const y = Field;`,
  ],
  [
    'domain-is-pure',
    'libs/domain',
    `import { Injectable } from '@nestjs/common'; export const y = Injectable;`,
  ],
  [
    'a-model-knows-only-the-domain',
    'libs/contexts/identity/model',
    `import { HttpException } from '@nestjs/common'; export const y = HttpException;`,
  ],
  [
    'contexts-meet-at-the-contract',
    'libs/contexts/other',
    `import { User } from '../identity/model/user'; export const y = User;`,
  ],
  [
    'features-are-strangers',
    'libs/contexts/identity/features/log-in',
    `import { ReadMe } from '../read-me/read-me'; export const y = ReadMe;`,
  ],
  [
    'only-features-know-features',
    'libs/contexts/identity/storage',
    `import { ReadMe } from '../features/read-me/read-me'; export const y = ReadMe;`,
  ],
  [
    'a-model-reaches-only-the-domain',
    'libs/contexts/identity/model',
    `import { Accounts } from '../contract'; export const y = Accounts;`,
  ],
  [
    'apps-take-contexts-as-declared',
    'apps/worker/src',
    `import { SignIn } from '../../../libs/contexts/identity/services/sign-in'; export const y = SignIn;`,
  ],
  [
    'testing-is-platform-only',
    'libs/testing',
    `import { enroll } from '../contexts/identity/fixtures'; export const y = enroll;`,
  ],
  [
    'views-are-read',
    'libs/contexts/identity/views',
    `import { SignIn } from '../services/sign-in'; export const y = SignIn;`,
  ],
  [
    'storage-knows-no-use-case',
    'libs/contexts/identity/storage',
    `import { SignIn } from '../services/sign-in'; export const y = SignIn;`,
  ],
  [
    'personal-data-is-stored',
    'libs/contexts/identity/personal-data',
    `import { SignIn } from '../services/sign-in'; export const y = SignIn;`,
  ],
  ...[
    ['seed', `import { SeedAccounts as y } from '../seed';`],
    ['personal-data', `import { IdentityPersonalData as y } from '../personal-data';`],
    ['cli', `import { keys as y } from '../cli/keys';`],
    ['fixtures', `import { enroll as y } from '../fixtures';`],
  ].map(([part, text]): [string, string, string] => [
    `only-the-declaration-takes-${part}`,
    'libs/contexts/identity/services',
    `${text} export const x = y;`,
  ]),
  [
    'libs-are-entered-by-the-door',
    'apps/api/src',
    `import { Sql } from '@rookery/persistence/sql'; export const y = Sql;`,
  ],
  [
    'libs-are-entered-by-the-door-from-libs',
    'libs/messaging',
    `import { Sql } from '@rookery/persistence/sql'; export const y = Sql;`,
  ],
  [
    'no-development-packages-in-product-code',
    'libs/web',
    `import fc from 'fast-check'; export const y = fc;`,
  ],
];

describe('the architecture', () => {
  let tree: string;

  beforeAll(async () => {
    tree = mkdtempSync(join(tmpdir(), 'rookery-architecture-'));
    await Promise.all(COPIED.map((name) => cp(join(root, name), join(tree, name), { recursive: true })));
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  it('is kept', () => {
    expect(violations(root)).toEqual([]);
  });

  it('reads settings in one place, where they are declared, checked and described', () => {
    /** Where they are declared; and what reads the environment before there is an app. */
    const readers =
      /^(libs\/(settings|testing|observability\/log-settings|web\/rate-limits\/policies)|apps\/|migrations\/migrate)/;
    const reads = (file: string) => /process\.env\b/.test(readFileSync(join(root, file), 'utf8'));
    const files = ['libs', 'apps', 'migrations'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    );
    const sources = files.filter((file) => /(?<!spec)\.ts$/.test(file));
    expect(sources.length).toBeGreaterThan(500);
    expect(sources.filter((file) => !readers.test(file) && reads(file))).toEqual([]);
  });

  it('has a planted violation for every rule', () => {
    const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>('../.dependency-cruiser.cjs');
    expect(planted.map(([rule]) => rule).sort()).toEqual(forbidden.map(({ name }) => name).sort());
  });

  it('refuses every planted violation', async () => {
    for (const [rule, folder, text] of planted) {
      const path = join(tree, folder, `${rule}.ts`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    const seen = violations(tree);
    const unseen = planted.flatMap(([rule, folder]) =>
      seen.includes(`${rule}: ${folder}/${rule}.ts`) ? [] : [rule],
    );
    expect(unseen).toEqual([]);
  });
});
