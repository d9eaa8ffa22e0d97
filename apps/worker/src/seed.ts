import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApplicationModule } from '@rookery/application';
import { contexts } from '@rookery/contexts';
import { MailModule } from '@rookery/mail';
import { HealthModule } from '@rookery/web';

@Module({ imports: [HealthModule, MailModule, ApplicationModule.forRoot(contexts, 'seed')] })
class SeedModule {}

async function seed(): Promise<void> {
  if (process.env.NODE_ENV === 'production') throw new Error('Demo accounts do not belong into production.');
  const app = await NestFactory.createApplicationContext(SeedModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    for (const { name, seed: type } of contexts) {
      if (!type) continue;
      await app.get(type, { strict: false }).run();
      console.log(`seeded ${name}`);
    }
  } finally {
    await app.close();
  }
}

seed().catch((error: Error) => {
  console.error(error.message);
  process.exit(1); // whatever had been opened by then
});
