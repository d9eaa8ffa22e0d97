import type { Cli } from '@rookery/application';
import { KeyPairs } from '../services/key-pairs';
import { KeyRotation } from '../services/key-rotation';
import { Keys } from '../keys';
import { IdentitySettings } from '../settings';

/** Takes one step of the rotation of signing keys, then shows the keys. */
export const keys: Cli = {
  usage: 'npm run keys -- list | add | promote [--force] | retire [--force]',
  providers: [IdentitySettings, KeyPairs, KeyRotation, Keys],

  accepts([step = 'list', ...options]) {
    if (step === 'promote' || step === 'retire') return options.every((option) => option === '--force');
    return (step === 'list' || step === 'add') && options.length === 0;
  },

  async run(app, [step = 'list', ...options], print) {
    const rotation = app.get(KeyRotation);
    if (step === 'add' || step === 'promote' || step === 'retire')
      await rotation[step]({ force: options.includes('--force') });
    for (const { kid, state, seconds, waitSeconds } of await rotation.list()) {
      const then = { next: 'promote', signing: '', retiring: 'retire' }[state];
      const when = waitSeconds === 0 ? 'now' : `in ${waitSeconds} s`;
      print([kid, state.padEnd(8), `for ${seconds} s`, then && `${then} ${when}`].filter(Boolean).join('  '));
    }
  },
};
