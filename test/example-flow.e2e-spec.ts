import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { enroll } from '@rookery/contexts/identity/testing';
import { gather } from '@rookery/contexts/workspaces/testing';
import { sharedSystem } from '@rookery/testing';

const SCRIPT = join(__dirname, '../scripts/example-flow.sh');

describe('scripts/example-flow.sh', () => {
  const system = sharedSystem();

  /** @returns what it has printed; its responses are in `stderr` */
  const flow = (variables: Record<string, string> = {}) =>
    promisify(execFile)('bash', [SCRIPT], {
      timeout: 180_000,
      env: {
        PATH: process.env.PATH,
        API_URL: system.addresses.apiUrl,
        MAIL_URL: system.addresses.mailboxUrl,
        ...variables,
      },
    });
  const steps = (text: string) =>
    [...text.matchAll(/^([A-Z]+ \S+ → \d+)$/gm)].map(([, step]) => step!.replace(/[\da-f-]{36}/g, '…'));

  it('leads from registering to a completed todo in a workspace that its owner deletes', async () => {
    const { stdout, stderr } = await flow();
    expect(steps(stderr)).toEqual([
      'POST auth/register → 202',
      'POST auth/verify → 200',
      'POST auth/login → 200',
      'POST auth/totp/initiate → 200',
      'POST auth/totp/verify → 200',
      'POST auth/login → 200',
      'POST auth/mfa → 200',
      'POST workspaces → 201',
      'POST workspaces/…/todos → 201',
      'PATCH todos/…/complete → 200',
      'GET workspaces/…/todos → 200',
      'DELETE workspaces/… → 204',
    ]);
    const [, username, workspaceId] = /^done: user (\w+), workspace (\S+), todo \S+$/m.exec(stdout)!;
    const told = await system.sql<{ type: string }>(
      `SELECT o.type FROM messaging.outbox o JOIN identity.users u ON u.id = o.actor_id
       WHERE u.username = $1 AND u.mfa_enabled_at IS NOT NULL
         AND (o.subject = $2 OR o.data ->> 'workspaceId' = $2::text) ORDER BY o.id`,
      [username, workspaceId],
    );
    expect(told.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        'workspaces.workspace-created',
        'todos.todo-created',
        'todos.todo-completed',
        'workspaces.workspace-deleted',
      ]),
    );
  }, 200_000);

  it('takes a token and a workspace from whoever has them, and leaves the workspace there', async () => {
    const ada = await enroll(system);
    const id = await gather(system, ada);
    const { stderr } = await flow({ API_TOKEN: ada.token, WS_ID: id });
    expect(steps(stderr)).toEqual([
      'POST workspaces/…/todos → 201',
      'PATCH todos/…/complete → 200',
      'GET workspaces/…/todos → 200',
    ]);
    expect((await system.ask(`GET /v1/workspaces/${id}`, { token: ada.token })).status).toBe(200);
  }, 200_000);

  it('ends with the first response that is not as it should be', async () => {
    const [ada, eve] = [await enroll(system), await enroll(system)];
    const id = await gather(system, ada);
    await expect(flow({ API_TOKEN: eve.token, WS_ID: id })).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/→ 404\n.*resource\.not-found[^]*expected 201/),
    });
  }, 200_000);
});
