import { MasterKey } from '@rookery/settings';
import fc from 'fast-check';
import { Keys } from '../keys';
import { VerificationSecrets } from './verification-secrets';

const of = (masterKey: string) =>
  new VerificationSecrets(new Keys(new MasterKey({ MASTER_KEY: masterKey, NODE_ENV: 'test' })));
const secrets = of(Buffer.alloc(32, 1).toString('base64'));

describe('the secrets of a verification', () => {
  it('are six digits, leading zeros included, and the same for the same id', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(secrets.code(id)).toMatch(/^\d{6}$/);
        expect(secrets.code(id)).toBe(secrets.code(id));
      }),
    );
    const codes = Array.from({ length: 500 }, (_, index) => secrets.code(String(index)));
    expect(codes.some((code) => code.startsWith('0'))).toBe(true);
    expect(new Set(codes).size).toBeGreaterThan(490);
  });

  it('depend on the master key', () => {
    const others = of(Buffer.alloc(32, 2).toString('base64'));
    expect(others.linkToken('id')).not.toBe(secrets.linkToken('id'));
  });

  it('cannot be derived from each other', () => {
    expect(secrets.linkToken('id')).toHaveLength(43);
    expect(secrets.linkToken('id')).not.toContain(secrets.code('id'));
  });
});
