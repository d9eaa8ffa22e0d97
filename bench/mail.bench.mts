import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { runNode } from '../tools/support/commands.mts';

// The code that the apps run.
const load = createRequire(new URL('../dist/', import.meta.url));

/**
 * Drains queued mails (outbox, relay, queue, worker, SMTP on this machine), with and without a pool of connections; then
 * puts one notification into many inboxes. BENCH_MAILS=1000 and BENCH_INBOXES=1000 measure less.
 */
const MAILS = Number(process.env.BENCH_MAILS ?? 10_000);
const INBOXES = Number(process.env.BENCH_INBOXES ?? 10_000);
const PAGE = 1_000;
const TIMEOUT_MS = 600_000;

const sink = { received: 0 };
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, _session, done) {
    stream.resume();
    stream.on('end', () => {
      sink.received += 1;
      done();
    });
  },
});

async function main(): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { quiet: true });
  await new Promise<void>((done) => smtp.listen(0, '127.0.0.1', () => done()));
  const { port } = smtp.server.address() as AddressInfo;
  process.env.SMTP_URL = `smtp://127.0.0.1:${port}`;
  process.env.LOG_LEVEL = 'error';
  load('reflect-metadata');
  const { contexts } = load('./libs/contexts/index.js');
  const planted = plant();
  for (const connections of ['5', '0']) {
    process.env.SMTP_CONNECTIONS = connections;
    const app = await start([...contexts, planted.context]);
    await drain(app, planted.event, connections === '0' ? 'without a pool' : 'with a pool');
    if (connections === '0') await fanOut(app);
    await app.close();
  }
  smtp.close();
}

/** A context whose event sends a mail. */
function plant(): { context: object; event: object } {
  const { defineEvent } = load('./libs/domain/index.js');
  const { Queues, Subscriber } = load('./libs/messaging/index.js');
  const { defineMail, Mail } = load('./libs/mail/index.js');
  const { z } = load('zod');
  const event = defineEvent('bench.mail-due', 1, z.object({ number: z.int() }));
  const source = { subject: 'Number {{number}}', body: ['Hello,', 'this is number {{number}}.'] };
  const template = defineMail('bench', {
    transactional: true,
    sample: { number: 1 },
    en: source,
    de: source,
  });
  class SendBenchMail {
    private readonly mail: { send(...args: unknown[]): Promise<void> };

    constructor(mail: { send(...args: unknown[]): Promise<void> }) {
      this.mail = mail;
    }

    async handle({ data }: { data: { number: number } }, { key }: { key: string }): Promise<void> {
      await this.mail.send(`n${data.number}@example.com`, template, data, key);
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Mail], SendBenchMail);
  Subscriber('bench.send-mail', event, { queue: Queues.mail })(SendBenchMail);
  const { defineContext } = load('./libs/application/index.js');
  return {
    context: { ...defineContext('bench', import.meta.dirname, {}), subscribers: [SendBenchMail] },
    event,
  };
}

async function start(contexts: object[]) {
  const { createWebApp } = load('./libs/web/index.js');
  const { WorkerModule } = load('./apps/worker/src/worker.module.js');
  const app = await createWebApp(WorkerModule.of(contexts));
  await app.init();
  return app;
}

type App = Awaited<ReturnType<typeof start>>;

async function drain(app: App, event: object, how: string): Promise<void> {
  const { occurred } = load('./libs/domain/index.js');
  const { Outbox, Transaction } = load('./libs/persistence/index.js');
  sink.received = 0;
  const began = performance.now();
  for (let number = 0; number < MAILS; number += PAGE) {
    const events = Array.from({ length: Math.min(PAGE, MAILS - number) }, (_, index) =>
      occurred(event, { number: number + index }),
    );
    await app
      .get(Transaction, { strict: false })
      .run(() => app.get(Outbox, { strict: false }).append(events));
  }
  while (sink.received < MAILS) {
    if (performance.now() - began > TIMEOUT_MS)
      throw new Error(`Only ${sink.received} of ${MAILS} mails arrived.`);
    await pause(20);
  }
  const seconds = (performance.now() - began) / 1_000;
  console.log(`${MAILS} mails ${how}: ${seconds.toFixed(1)} s, ${(MAILS / seconds).toFixed(0)} a second`);
}

async function fanOut(app: App): Promise<void> {
  const { newId } = load('./libs/domain/index.js');
  const { Sql, Transaction } = load('./libs/persistence/index.js');
  const { Notify } = load('./libs/contexts/notifications/services/notify.js');
  const transaction = app.get(Transaction, { strict: false });
  const ids: string[] = Array.from({ length: INBOXES + 1 }, () => newId());
  const [actorId, ...recipients] = ids;
  await transaction.run(() =>
    app.get(Sql, { strict: false }).execute(
      `INSERT INTO social.people (id, version, username, name, active)
       SELECT id, 1, 'bench-' || id, 'Bench', true FROM unnest($1::uuid[]) AS id`,
      [ids],
    ),
  );
  const targetId = newId();
  const began = performance.now();
  for (let first = 0; first < recipients.length; first += PAGE) {
    const recipientIds = recipients.slice(first, first + PAGE);
    await transaction.run(() =>
      app
        .get(Notify, { strict: false })
        .of({ kind: 'comment', targetId, sourceId: newId(), actorId, recipientIds }),
    );
  }
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `one event into ${INBOXES} inboxes: ${seconds.toFixed(1)} s, ${(INBOXES / seconds).toFixed(0)} per second`,
  );
}

await main();
