import { NestFactory } from '@nestjs/core';
import type { Context } from '@rookery/application';
import { ProgramModule } from './program';

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
  if (process.env.NODE_ENV === 'production')
    throw new Error('Demo accounts must not be created in production.');
  const app = await NestFactory.createApplicationContext(ProgramModule.of(contexts, 'seed'), {
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
