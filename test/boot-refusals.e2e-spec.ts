import { execFile } from 'node:child_process';

/** Starts an app with contexts of a program. @returns its exit code, and the last line of what it says */
function started(app: 'Api' | 'Worker', load: string): Promise<{ code: unknown; last: string }> {
  const program = `
    const { contexts } = require('./dist/libs/contexts/index.js');
    require('./dist/apps/${app.toLowerCase()}/src/start.js').start${app}(async () => ${load});`;
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
    REDIS_URL: 'redis://127.0.0.1:1',
    SMTP_URL: 'smtp://127.0.0.1:1',
  };
  return new Promise((resolve) =>
    execFile(process.execPath, ['-e', program], { env }, (error, _, stderr) =>
      resolve({ code: error?.code, last: stderr.trimEnd().split('\n').at(-1)! }),
    ),
  );
}

/** Runs a program of the command line when an event is declared twice. @returns its exit code, and all that it says */
function ran(program: string, args: string[]): Promise<{ code: unknown; said: string }> {
  const spoiled = `
    require('./dist/libs/domain').defineEvent('identity.user-verified', 1, {});
    require('./dist/apps/${program}.js');`;
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', LOG_LEVEL: 'silent' };
  return new Promise((resolve) =>
    execFile(process.execPath, ['-e', spoiled, program, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code, said: stdout + stderr }),
    ),
  );
}

describe('An app whose declarations contradict each other', () => {
  it.each([
    [
      'Api',
      '[contexts[0], contexts[0]]',
      'The api cannot start: Two contexts are named identity: rename one of them.',
    ],
    [
      'Worker',
      `[require('./dist/libs/application/context.js').defineContext('garden', '/nowhere', { requires: ['soil'] })]`,
      'The worker cannot start: libs/contexts/garden/garden.context.ts requires the context soil, which does not exist: add it to libs/contexts/index.ts.',
    ],
    [
      'Api',
      `{ throw new Error('A file of a feature says so.'); }`,
      'The api cannot start: A file of a feature says so.',
    ],
  ] as const)('says so in the last line, and ends with 1: %s %#', async (app, load, last) => {
    expect(await started(app, load)).toEqual({ code: 1, last });
  });
});

describe('A program whose declarations contradict each other', () => {
  it.each([
    ['api/src/generate', '--check'],
    ['worker/src/seed'],
    ['worker/src/rebuild', '--list'],
    ['worker/src/redrive', 'mail'],
    ['worker/src/keys', 'list'],
  ])('says so in one sentence: %s', async (program, ...args) => {
    expect(await ran(program, args)).toEqual({
      code: 1,
      said: 'Event identity.user-verified v1 is defined twice.\n',
    });
  });
});
