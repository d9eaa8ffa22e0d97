import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@rookery/testing';
import { npmStart, remove, ROOT } from './support/npm-start';

const run = promisify(execFile);

/** The shell blocks of the README's tour, without the first, which starts everything. */
function walk(): string[] {
  const section = readFileSync(join(ROOT, 'README.md'), 'utf8')
    .split('## Five minutes')[1]!
    .split('## Commands')[0]!;
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!).slice(1);
}

/** A script is faster than a reader: wait until the data is there. */
const until = (command: string, text: string) => `until ${command} | grep -q '${text}'; do sleep 0.2; done`;

describe('the README', () => {
  const started = npmStart('rookery-readme');
  afterAll(() => remove(started), 120_000);

  it('leads word for word from registering to the own feed', async () => {
    // Before a block that needs what the worker does, wait for it.
    const waits: readonly (readonly [before: string, wait: string])[] = [
      ['CODE=', until(`curl -s 'http://127.0.0.1:8025/api/messages?to=ada@example.com'`, 'your code is')],
      [
        'Your story',
        until(`curl -s 'http://127.0.0.1:8025/api/messages?to=ada@example.com'`, 'Your story is ready'),
      ],
      [
        'taleReady',
        until(
          `curl -s http://127.0.0.1:3000/v1/notifications -H "Authorization: Bearer $TOKEN"`,
          'taleReady',
        ),
      ],
      [
        'lastEventId',
        until(
          `curl -sN --max-time 2 "http://127.0.0.1:3000/v1/events?lastEventId=$PLACE" -H "Authorization: Bearer $TOKEN"`,
          'story.viewed',
        ),
      ],
      [
        '/v1/feed',
        until(`curl -s http://127.0.0.1:3000/v1/feed -H "Authorization: Bearer $TOKEN"`, '"demo-'),
      ],
    ];
    const script = walk()
      .map((block) => `${waits.find(([before]) => block.includes(before))?.[1] ?? ':'}\n${block}\necho`)
      .join('\n')
      .replaceAll(':3000', `:${started.ports.api}`)
      .replaceAll(':8025', `:${started.ports.mailbox}`);
    const { stdout } = await run('bash', ['-euc', script], { timeout: 400_000 });
    expect(stdout).toContain('"expiresAt"');
    expect(stdout).toMatch(/^\d{6}$/m);
    expect(stdout).toContain('"tokenType":"Bearer"');
    expect(stdout).toContain('"username":"ada","name":"Ada Lovelace","role":"user"');
    expect(stdout.match(/^event: tale\.progress$/gm)!.length).toBeGreaterThan(1);
    expect(stdout).toMatch(/^event: tale\.ready$/m);
    expect(stdout).toMatch(/^Your story is ready: \w/m);
    expect(stdout).toMatch(/^"unreadCount":0$/m);
    expect(stdout).toMatch(/^event: story\.viewed$/m);
    const feed = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      data: { author: { username: string } }[];
    };
    const [own, ...others] = feed.data.map(({ author }) => author.username);
    expect(own).toBe('ada');
    expect(new Set(others)).toEqual(new Set([expect.stringMatching(/^demo-/)])); // one author with any number of posts
  }, 420_000);

  it('starts an api with a heap limit of its own, whatever the memory of the machine', async () => {
    const answer = await fetch(`http://127.0.0.1:${started.ports.api}/v1/debug/vars`, {
      headers: { authorization: `Basic ${Buffer.from('ops:ops').toString('base64')}` },
    });
    const { process: api } = (await answer.json()) as { process: { memory: { heapLimit: number } } };
    expect(api.memory.heapLimit).toBeLessThan(500 * 2 ** 20);
  });

  it('names existing pages, and accounts that can sign in', async () => {
    const api = `http://127.0.0.1:${started.ports.api}`;
    for (const path of [
      '/v1/docs',
      '/example/',
      '/problems',
      '/healthz',
      '/metrics',
      '/v1/openapi.json',
      '/v1/openapi.yaml',
    ]) {
      expect([path, (await fetch(api + path)).status]).toEqual([path, 200]);
    }
    const authorization = `Basic ${Buffer.from('ops:ops').toString('base64')}`;
    expect((await fetch(`${api}/v1/admin/board`)).status).toBe(401);
    expect((await fetch(`${api}/v1/admin/board`, { headers: { authorization } })).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${started.ports.worker}/healthz`)).status).toBe(200);
    for (const who of ['user', 'moderator', 'admin']) {
      const login = await fetch(`${api}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: `${who}@rookery.test`, password: 'Rookery-demo-1' }),
      });
      expect([who, login.status]).toEqual([who, 200]);
    }
  });

  it('leads, by the guide, from registering to signing in with a second factor', async () => {
    const guide = readFileSync(join(ROOT, 'docs/guides/second-factor.md'), 'utf8').split(
      '## Reauthenticate',
    )[0]!;
    const script = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)]
      .map(([, block]) => block!)
      .join('\n')
      .replace(
        '\nCODE=',
        `\n${until(`curl -s 'http://127.0.0.1:8025/api/messages?to=grace@example.com'`, 'your code is')}\nCODE=`,
      )
      .replaceAll(':3000', `:${started.ports.api}`)
      .replaceAll(':8025', `:${started.ports.mailbox}`);
    const { stdout } = await run('bash', ['-c', script], { cwd: ROOT });
    expect(stdout).toContain('"recoveryCodes":[');
    expect(stdout.trim().split('\n').at(-1)).toContain('"username":"grace"');
    // It waits twice for the next code, which takes a minute.
  }, 300_000);

  it('promises that Ctrl-C stops everything, and it does', async () => {
    started.process.kill('SIGINT');
    await eventually(() => started.process.exitCode !== null);
    expect(started.process.exitCode).toBe(0);
    expect(started.said).not.toMatch(/\bERROR\b/);
    const { stdout } = await run('ps', ['-eo', 'args']);
    expect(stdout.split('\n').filter((line) => line.includes(started.folder))).toEqual([]);
    for (const port of Object.values(started.ports)) {
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    }
  });
});
