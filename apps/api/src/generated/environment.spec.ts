import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts } from '@rookery/contexts';
import { WebSettings } from '@rookery/web';
import { describeEnvironment } from './environment';

const TOOLS = join(__dirname, '../../../../tools');
/**
 * Variables of the system and of npm, of benchmarks and chaos runs (documented in their files), and of the tools'
 * suites.
 */
const NOT_SETTINGS = /^(PATH|JEST_|npm_|BENCH_|CHAOS_|ROOKERY_TEST_|ROOKERY_PARTS_IGNORE_INSTALLED)/;

describe('.env.example', () => {
  it('has every setting that the npm scripts read', () => {
    expect([contexts, WebSettings]).toBeDefined(); // loading them declares the settings of the apps
    const sources = readdirSync(TOOLS, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.m[tj]s$/.test(file))
      .map((file) => readFileSync(join(TOOLS, file), 'utf8'));
    const read = sources.flatMap((source) => [
      ...source.matchAll(/process\.env\.(\w+)|portSetting\('(\w+)'/g),
    ]);
    const names = new Set(
      read.map(([, plain, port]) => plain ?? port!).filter((name) => !NOT_SETTINGS.test(name)),
    );
    expect(names.size).toBeGreaterThan(8);
    const text = describeEnvironment();
    expect([...names].filter((name) => !text.includes(`# ${name}=`))).toEqual([]);
  });
});
