import { createRequire } from 'node:module';
import type { BellRung as BellRungType } from '../test/probe/contract.ts';
import type { HearBell as HearBellType } from '../test/probe/features/hear-bell/hear-bell.ts';
import { atRate, type Moment, Moments, now, obey } from './child.mts';

// Events through outbox, queue and ledger, with the code that the apps run.
const load = createRequire(new URL('../dist/', import.meta.url));
const { probe } = load('./test/probe/probe.context.js');

if (process.argv[2] === 'writer') {
  const { NestFactory } = load('@nestjs/core');
  const { ApplicationModule, Commands } = load('./libs/application/index.js');
  const { newId } = load('./libs/domain/index.js');
  const { Outbox, Transaction } = load('./libs/persistence/index.js');
  const { LoggingModule } = load('./libs/observability/index.js');
  const { HealthModule } = load('./libs/web/index.js');
  const { RingBell } = load('./test/probe/features/ring-bell/ring-bell.js');
  const { BellRung } = load('./test/probe/contract.js') as { BellRung: typeof BellRungType };

  class Writer {}
  const app = await NestFactory.createApplicationContext(
    {
      module: Writer,
      imports: [LoggingModule.forRoot(), HealthModule, ApplicationModule.forRoot([probe], 'api')],
    },
    { logger: ['error'] },
  );
  const commands = app.get(Commands);
  const outbox = app.get(Outbox, { strict: false });
  const transaction = app.get(Transaction, { strict: false });
  process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
  obey({
    send: (count = 0, perSecond = 1) =>
      atRate(count, perSecond, () =>
        // The moment is taken before the COMMIT, so its duration is included.
        transaction.run(async (): Promise<Moment> => {
          const { id } = await commands.execute(new RingBell());
          return [id, now()];
        }),
      ),
    fill: async (count = 0) => {
      const event = () => ({ definition: BellRung, subject: newId(), sequence: 1, data: {} });
      for (let left = count; left > 0; left -= 200) {
        await transaction.run(() => outbox.append(Array.from({ length: Math.min(200, left) }, event)));
      }
      return [];
    },
  });
} else {
  const { HearBell } = load('./test/probe/features/hear-bell/hear-bell.js') as {
    HearBell: typeof HearBellType;
  };
  const { startWorker } = load('./apps/worker/src/start.js');
  const moments = new Moments();
  HearBell.heard = (bellId) => moments.add(bellId);
  await startWorker(() => Promise.resolve([probe]));
  obey({ take: (count = 0) => moments.take(count) });
}
