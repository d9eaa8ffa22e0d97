import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthChecks } from '@rookery/observability';
import { PersistenceModule, RelayHint } from '@rookery/persistence';
import { KeyPairs } from '../../../libs/contexts/identity/services/key-pairs';
import { KeyRotation } from '../../../libs/contexts/identity/services/key-rotation';
import { Keys } from '../../../libs/contexts/identity/services/keys';
import { IdentitySettings } from '../../../libs/contexts/identity/settings';

const USAGE = 'npm run keys -- list | add | promote [--force] | retire [--force]';

/** What persistence stands on, without Redis: keys can be changed while it is away. */
const surroundings = [HealthChecks, { provide: RelayHint, useValue: { send: () => undefined } }];

@Global()
@Module({ providers: surroundings, exports: surroundings })
class SurroundingsModule {}

@Module({
  imports: [SurroundingsModule, PersistenceModule.forRoot([], 'rookery-keys')],
  providers: [IdentitySettings, KeyPairs, KeyRotation, Keys],
})
class KeysModule {}

/**
 * Takes one step of replacing the key that signs access tokens, then shows the keys.
 *
 * @param args of the command line
 * @throws Error saying what is wrong, or how long to wait
 */
async function changeKeys([step = 'list', ...options]: string[]): Promise<void> {
  const force = options.includes('--force');
  const forceable = step === 'promote' || step === 'retire';
  const known = step === 'list' || step === 'add' || forceable;
  if (!known || options.some((option) => !forceable || option !== '--force')) throw new Error(USAGE);
  const app = await NestFactory.createApplicationContext(KeysModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    const rotation = app.get(KeyRotation);
    if (step !== 'list') await rotation[step]({ force });
    for (const { kid, state, seconds, waitSeconds } of await rotation.list()) {
      const then = { next: 'promote', signing: '', retiring: 'retire' }[state];
      const when = waitSeconds === 0 ? 'now' : `in ${waitSeconds} s`;
      console.log(
        [kid, state.padEnd(8), `for ${seconds} s`, then && `${then} ${when}`].filter(Boolean).join('  '),
      );
    }
  } finally {
    await app.close();
  }
}

changeKeys(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1); // whatever had been opened by then
});
