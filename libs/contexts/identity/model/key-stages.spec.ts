import { type KeyState, secondsToWait, stepsDue } from './key-stages';

const DAYS_90 = 90 * 86_400;
const key = (state: KeyState, seconds: number) => ({ state, seconds });

describe('the stages of signing keys', () => {
  it('let a key sign seven minutes after it was published', () => {
    expect(secondsToWait('next', 0)).toBe(420);
    expect(secondsToWait('next', 419.5)).toBe(1);
    expect(secondsToWait('next', 420)).toBe(0);
  });

  it('delete a key seventeen minutes after it last signed', () => {
    expect(secondsToWait('retiring', 0)).toBe(1_020);
    expect(secondsToWait('retiring', 1_020)).toBe(0);
  });

  it.each<[string, ReturnType<typeof key>[], string[]]>([
    ['nothing while the key is young', [key('signing', 1_000)], []],
    ['the next key before the signing one is too old', [key('signing', DAYS_90 - 420)], ['add']],
    ['patience while the next one is not known everywhere', [key('next', 419), key('signing', DAYS_90)], []],
    ['the change when both are old enough', [key('next', 420), key('signing', DAYS_90)], ['promote']],
    ['no haste when somebody added the next one by hand', [key('next', 5_000), key('signing', 1_000)], []],
    [
      'the end of a key whose tokens have expired',
      [key('signing', 1_020), key('retiring', 1_020)],
      ['retire'],
    ],
    ['a key to stay while tokens of it live', [key('signing', 1_019), key('retiring', 1_019)], []],
    ['nothing without any key: the first sign-in makes one', [], []],
  ])('want %s', (_, keys, steps) => {
    expect(stepsDue(keys, DAYS_90)).toEqual(steps);
  });

  it('only advance by hand if rotation is off', () => {
    expect(stepsDue([key('signing', 10 * DAYS_90), key('retiring', 1_020)], 0)).toEqual(['retire']);
  });
});
