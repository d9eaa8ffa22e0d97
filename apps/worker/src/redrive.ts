import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import type { Context } from '@rookery/application';
import { DeadDeliveries } from '@rookery/messaging';
import { ProgramModule, runProgram } from './program';
import { auditProgram } from './program-run';

const USAGE = 'npm run redrive -- <queue> [--subscriber <name>]';

/**
 * Redrives dead deliveries, with or without active workers, at the rate that all processes share.
 *
 * @param args of the command line
 * @throws Error with a message for the operator
 */
async function redrive(contexts: readonly Context[], args: readonly string[]): Promise<void> {
  const { queue, subscriber } = read(args);
  const app = await NestFactory.createApplicationContext(ProgramModule.of(contexts, 'rebuild'), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    const deliveries = app.get(DeadDeliveries, { strict: false });
    const { redriven, finished } = await auditProgram(app, 'redrive', args, () =>
      deliveries.redrive(queue, subscriber),
    );
    console.log(`redriven ${redriven} deliveries of ${queue}${finished ? '' : '; the workers do the rest'}`);
  } finally {
    await app.close();
  }
}

/** @throws Error with the usage */
function read(args: readonly string[]): { queue: string; subscriber: string | undefined } {
  try {
    const options = { subscriber: { type: 'string' } } as const;
    const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [queue, ...more] = positionals;
    if (queue !== undefined && more.length === 0) return { queue, subscriber: values.subscriber };
  } catch {
    // an unknown option, or one without its value
  }
  throw new Error(USAGE);
}

void runProgram(redrive);
