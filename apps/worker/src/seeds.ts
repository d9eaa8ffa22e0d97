import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApplicationModule, type Context } from '@rookery/application';
import { MailModule } from '@rookery/mail';
import { LoggingModule } from '@rookery/observability';
import { OutboundHttpModule } from '@rookery/outbound-http';
import { RealtimeModule } from '@rookery/realtime';
import { HealthModule } from '@rookery/web';

/** What seeds and whoever acts as a context outside of the apps are made of. */
@Module({})
export class SeedModule {
  static of(contexts: readonly Context[]): DynamicModule {
    return {
      module: SeedModule,
      imports: [
        LoggingModule.forRoot(),
        HealthModule,
        MailModule,
        OutboundHttpModule,
        ApplicationModule.forRoot(contexts, 'seed'),
        RealtimeModule.forWriting(),
      ],
    };
  }
}

/**
 * Seeds the database with the demo data of the contexts, in their order.
 *
 * @param seeded called with the name of each context that has demo data
 * @throws Error in production
 */
export async function runSeeds(
  contexts: readonly Context[],
  seeded: (name: string) => void = () => undefined,
): Promise<void> {
  if (process.env.NODE_ENV === 'production') throw new Error('Demo accounts do not belong into production.');
  const app = await NestFactory.createApplicationContext(SeedModule.of(contexts), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    for (const { name, seed } of contexts) {
      if (!seed) continue;
      await app.get(seed, { strict: false }).run();
      seeded(name);
    }
  } finally {
    await app.close();
  }
}
