import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import { createTransport } from 'nodemailer';
import { Client } from 'pg';
import { temporaryFolder } from './folders.mts';
import { startMailbox } from './mailbox.mts';
import { startPostgres } from './postgres.mts';
import { commandLine, waitFor } from './processes.mts';
import { startRedis } from './redis.mts';
import { startStorage } from './storage.mts';

// The first run on a machine may have to download the servers.
jest.setTimeout(300_000);

describe('the embedded parts', () => {
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder('rookery-parts');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(connectionString: string, sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it('PostgreSQL keeps port, password and data after a crash and a killed process', async () => {
    const options = { dataDir: join(folder, 'postgres'), durable: false };
    const first = await startPostgres(options);
    await ask(first.url, 'CREATE TABLE eggs (id int); INSERT INTO eggs VALUES (1)');
    await first.stop('immediate');

    const second = await startPostgres({ ...options, port: first.port });
    expect(second.url).toBe(first.url);
    process.kill(second.pid, 'SIGKILL');
    await second.stop();

    const third = await startPostgres(options);
    try {
      expect(third.url).toBe(first.url);
      expect(await ask(third.url, 'SELECT id FROM eggs')).toEqual([{ id: 1 }]);
      expect(
        await ask(third.url, `SELECT lower('ÄÖ') AS lower, current_setting('listen_addresses') AS at`),
      ).toEqual([{ lower: 'äö', at: '127.0.0.1' }]);
    } finally {
      await third.stop();
    }
  });

  it('PostgreSQL refuses a wrong password and a port that is taken', async () => {
    const server = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
    try {
      const url = new URL(server.url);
      url.password = 'wrong';
      await expect(ask(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
      expect(statSync(join(folder, 'postgres', 'password')).mode & 0o777).toBe(0o600);
      await expect(
        startPostgres({ dataDir: join(folder, 'other'), durable: false, port: server.port }),
      ).rejects.toThrow(`Port ${server.port} for PostgreSQL is taken`);
    } finally {
      await server.stop();
    }
  });

  it('PostgreSQL stops a server left over on the same folder instead of failing', async () => {
    const options = { dataDir: join(folder, 'postgres'), durable: false };
    const forgotten = await startPostgres(options);
    const server = await startPostgres(options);
    expect(server.pid).not.toBe(forgotten.pid);
    await Promise.all([server.stop(), forgotten.stop()]);
  });

  it('Redis keeps port, password and data after a restart, and rejects other passwords', async () => {
    const options = { dataDir: join(folder, 'redis') };
    const first = await startRedis(options);
    const client = new Redis(first.url);
    await client.set('egg', 'one');
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    await client.quit();
    await first.stop();

    const second = await startRedis({ ...options, port: first.port });
    expect(second.url).toBe(first.url);
    const again = new Redis(second.url);
    expect(await again.get('egg')).toBe('one');
    await again.quit();
    const stranger = new Redis(second.port, '127.0.0.1', { lazyConnect: true, enableReadyCheck: false });
    await expect(stranger.ping()).rejects.toThrow('NOAUTH');
    stranger.disconnect();
    await second.stop('SIGKILL');
  });

  it('the mailbox shows what it has received, also after a restart', async () => {
    const options = { dataDir: join(folder, 'mail') };
    const first = await startMailbox(options);
    const transport = createTransport(first.smtpUrl);
    await transport.sendMail({
      from: 'Rookery <no-reply@rookery.test>',
      to: 'Ann@rookery.test',
      bcc: 'bob@rookery.test',
      subject: 'Grüße <script>',
      text: 'Hello',
      html: '<p>Hello</p><script>alert(1)</script>',
      headers: { 'X-Egg': 'one' },
    });
    await first.stop();

    const mailbox = await startMailbox(options);
    try {
      const { data } = await getJson(`${mailbox.url}/api/messages?to=ANN@rookery.test`);
      expect(data).toEqual([
        expect.objectContaining({
          from: 'no-reply@rookery.test',
          to: ['Ann@rookery.test', 'bob@rookery.test'],
          subject: 'Grüße <script>',
          text: expect.stringContaining('Hello') as string,
          headers: expect.objectContaining({ 'x-egg': 'one' }) as object,
          messageId: expect.stringContaining('@rookery.test') as string,
        }),
      ]);
      const [{ id }] = data as [{ id: string }];
      const list = await fetch(mailbox.url);
      expect(list.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await list.text()).toContain('Grüße &lt;script&gt;');
      expect(await (await fetch(`${mailbox.url}/messages/${id}`)).text()).toContain('<iframe sandbox=');
      const part = await fetch(`${mailbox.url}/messages/${id}/html`);
      expect(part.headers.get('content-security-policy')).toMatch(/^sandbox /);
      expect(await (await fetch(`${mailbox.url}/api/messages/${id}/raw`)).text()).toContain('X-Egg: one');
      expect((await fetch(`${mailbox.url}/api/messages/..%2F..%2Fpassword/raw`)).status).toBe(404);
      expect((await fetch(`${mailbox.url}/api/messages`, { method: 'DELETE' })).status).toBe(204);
      expect((await getJson(`${mailbox.url}/api/messages`)).data).toEqual([]);
    } finally {
      await mailbox.stop();
    }
  });

  it('the mailbox rejects recipients on demand', async () => {
    mkdirSync(join(folder, 'mail'));
    const mailbox = await startMailbox({ dataDir: join(folder, 'mail') });
    try {
      const send = (to: string) =>
        createTransport(mailbox.smtpUrl).sendMail({ from: 'a@rookery.test', to, subject: 's', text: 't' });
      await putJson(`${mailbox.url}/api/behavior`, { rcpt: { 'busy@rookery.test': 450, '*': 550 } });
      await expect(send('Busy@rookery.test')).rejects.toMatchObject({ responseCode: 450 });
      await expect(send('gone@rookery.test')).rejects.toMatchObject({ responseCode: 550 });
      expect((await putJson(`${mailbox.url}/api/behavior`, { rcpt: { '*': 200 } })).status).toBe(400);
      await fetch(`${mailbox.url}/api/behavior`, { method: 'DELETE' });
      await send('gone@rookery.test');
      expect((await getJson(`${mailbox.url}/api/messages`)).data).toHaveLength(1);
    } finally {
      await mailbox.stop();
    }
  });

  async function getJson(url: string): Promise<{ data: unknown[] }> {
    return (await (await fetch(url)).json()) as { data: unknown[] };
  }

  function putJson(url: string, body: unknown): Promise<Response> {
    return fetch(url, { method: 'PUT', body: JSON.stringify(body) });
  }

  it('the storage keeps what is written while the last object beside it is removed', async () => {
    const storage = await startStorage({ dataDir: join(folder, 'storage') });
    const { S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_BUCKET } = storage.settings;
    const client = new S3Client({
      endpoint: S3_ENDPOINT,
      region: S3_REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
    });
    const at = (id: number) => ({ Bucket: S3_BUCKET, Key: `uploads/${id}` });
    const put = (id: number) => client.send(new PutObjectCommand({ ...at(id), Body: 'owl' }));
    try {
      await put(0);
      for (let id = 1; id <= 200; id++) {
        await Promise.all([client.send(new DeleteObjectCommand(at(id - 1))), put(id)]);
        const { Body } = await client.send(new GetObjectCommand(at(id)));
        expect(await Body!.transformToString()).toBe('owl');
      }
    } finally {
      client.destroy();
      await storage.stop();
    }
  });

  it('Redis ends with the process that started it, also before it has responded', async () => {
    const programs = join(folder, 'programs');
    const pidFile = join(folder, 'redis', 'server.pid');
    mkdirSync(programs);
    // Replaces a server that is slow to start.
    writeFileSync(
      join(programs, 'redis-server'),
      `#!/bin/sh\n[ "$1" = --version ] && { echo "Redis server v=7.4.0 sha=0"; exit 0; }\necho $$ > server.pid\nexec sleep 600\n`,
      { mode: 0o755 },
    );
    const script = `import { startRedis } from ${JSON.stringify(join(__dirname, 'redis.mts'))};
      void startRedis({ dataDir: ${JSON.stringify(join(folder, 'redis'))} });
      setInterval(() => console.log('still here'), 20);`;
    const supervisor = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      env: { PATH: `${programs}${delimiter}${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const server = () => Number(existsSync(pidFile) && readFileSync(pidFile, 'utf8'));
    expect(await waitFor(() => server() > 0, 90_000)).toBe(true);
    // One more turn of the event loop: everything it does when starting the server is done.
    await new Promise((resolve) => supervisor.stdout.once('data', resolve));
    supervisor.kill('SIGKILL');
    expect(await waitFor(() => commandLine(server()) === '', 60_000)).toBe(true);
  });
});
