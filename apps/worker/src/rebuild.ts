import { NestFactory } from '@nestjs/core';
import { type Context, Rebuild } from '@rookery/application';
import { ProgramModule, runProgram } from './program';
import { auditProgram } from './program-run';

const USAGE = 'npm run rebuild -- <name> … | --all | --list';

/**
 * Rebuilds projections from stored data, with or without active workers.
 *
 * @param args of the command line
 * @throws Error with a message for the operator
 */
async function rebuild(contexts: readonly Context[], args: readonly string[]): Promise<void> {
  const [option] = args.filter((arg) => arg.startsWith('--'));
  const known =
    args.length > 0 && (option === undefined || (/^--(all|list)$/.test(option) && args.length === 1));
  if (!known) throw new Error(USAGE);
  const app = await NestFactory.createApplicationContext(ProgramModule.of(contexts, 'rebuild'), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    const projections = app.get(Rebuild, { strict: false });
    if (option === '--list') return projections.names().forEach((name) => console.log(name));
    await auditProgram(app, 'rebuild', args, async () => {
      for (const name of option === '--all' ? projections.names() : args) {
        const { events } = await projections.run(name);
        console.log(events > 0 ? `rebuilt ${name} from ${events} events` : `rebuilt ${name} from its tables`);
      }
    });
  } finally {
    await app.close();
  }
}

void runProgram(rebuild);
