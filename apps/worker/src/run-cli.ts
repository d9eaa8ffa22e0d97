import { type DynamicModule, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Cli, Context } from '@rookery/application';
import { AuditTrail } from '@rookery/audit';
import { HealthChecks } from '@rookery/observability';
import { PersistenceModule, RelayHint } from '@rookery/persistence';
import { auditProgram } from './program-run';

/** Persistence without Redis, so that command-line tools work while Redis is down. */
const surroundings = [HealthChecks, { provide: RelayHint, useValue: { send: () => undefined } }];

@Global()
@Module({ providers: surroundings, exports: surroundings })
class SurroundingsModule {}

@Module({})
class CliModule {
  static of(name: string, { providers }: Cli): DynamicModule {
    return {
      module: CliModule,
      imports: [SurroundingsModule, PersistenceModule.forRoot([], `rookery-${name}`)],
      providers: [...providers, AuditTrail],
    };
  }
}

/**
 * Runs a command-line tool that a context declares, with PostgreSQL and the declared providers.
 *
 * @param name of the tool
 * @param args its arguments
 * @throws Error with the usage, or with the reason why it failed
 */
export async function runCli(
  contexts: readonly Context[],
  name: string,
  args: readonly string[],
): Promise<void> {
  const cli = contexts.map((context) => context.cli[name]).find((each) => each !== undefined);
  if (!cli) throw new Error(`No context declares a command-line tool named ${name}.`);
  if (!cli.accepts(args)) throw new Error(cli.usage);
  const app = await NestFactory.createApplicationContext(CliModule.of(name, cli), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    await auditProgram(app, name, args, () => cli.run(app, args, (line) => console.log(line)));
  } finally {
    await app.close();
  }
}
