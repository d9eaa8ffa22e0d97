import { MasterKey } from '@rookery/settings';
import { Keys } from './keys';

describe('Sealed data', () => {
  const under = (letter: string) =>
    new Keys(new MasterKey({ NODE_ENV: 'test', MASTER_KEY: Buffer.alloc(32, letter).toString('base64') }));
  const keys = under('k');
  const other = under('o');
  const plain = Buffer.from('JBSWY3DPEHPK3PXP');

  it('opens for its owner, and looks different each time', () => {
    const [first, second] = [
      keys.seal('totp-secrets', 'ada', plain),
      keys.seal('totp-secrets', 'ada', plain),
    ];
    expect(first.equals(second)).toBe(false);
    expect(first.includes(plain)).toBe(false);
    expect(keys.open('totp-secrets', 'ada', first)).toEqual(plain);
  });

  it.each<[string, (sealed: Buffer) => Buffer]>([
    ['somebody else', (sealed) => keys.open('totp-secrets', 'eve', sealed)],
    ['another purpose', (sealed) => keys.open('code-pepper', 'ada', sealed)],
    ['another master key', (sealed) => other.open('totp-secrets', 'ada', sealed)],
    [
      'whoever changed it',
      (sealed) =>
        keys.open(
          'totp-secrets',
          'ada',
          Buffer.from(sealed.map((byte, at) => (at === 14 ? byte ^ 1 : byte))),
        ),
    ],
  ])('does not open for %s', (_, open) => {
    expect(() => open(keys.seal('totp-secrets', 'ada', plain))).toThrow(/MASTER_KEY/);
  });
});
