import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApplicationModule, Rebuild } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { MailModule } from '@rookery/mail';
import { LoggingModule } from '@rookery/observability';
import { OutboundHttpModule } from '@rookery/outbound-http';
import { RealtimeModule } from '@rookery/realtime';
import { HealthModule } from '@rookery/web';

const USAGE = 'npm run rebuild -- <name> … | --all | --list';

@Module({
  imports: [
    LoggingModule.forRoot(),
    HealthModule,
    MailModule,
    OutboundHttpModule,
    ApplicationModule.forRoot(contexts, 'rebuild'),
    RealtimeModule.forWriting(),
  ],
})
class RebuildModule {}

/**
 * Rebuilds projections from stored data, with or without active workers.
 *
 * @param args of the command line
 * @throws Error with a message for the operator
 */
async function rebuild(args: readonly string[]): Promise<void> {
  const [option] = args.filter((arg) => arg.startsWith('--'));
  const known =
    args.length > 0 && (option === undefined || (/^--(all|list)$/.test(option) && args.length === 1));
  if (!known) throw new Error(USAGE);
  const app = await NestFactory.createApplicationContext(RebuildModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    const projections = app.get(Rebuild, { strict: false });
    if (option === '--list') return projections.names().forEach((name) => console.log(name));
    for (const name of option === '--all' ? projections.names() : args) {
      const { events } = await projections.run(name);
      console.log(`rebuilt ${name} from ${events} events`);
    }
  } finally {
    await app.close();
  }
}

rebuild(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1); // closes everything opened so far
});
