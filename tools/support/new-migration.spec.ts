import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMigration } from './new-migration.mts';

describe('A new migration', () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'migrations-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has the present time in its file and in its class', () => {
    const file = writeMigration('pin-posts', folder, 1_800_000_000_123);
    expect(readdirSync(folder)).toEqual(['1800000000123-pin-posts.ts']);
    expect(readFileSync(file, 'utf8')).toContain('export class PinPosts1800000000123 implements');
    expect(readFileSync(file, 'utf8')).toContain(`name = 'PinPosts1800000000123'`);
  });

  it('is newer than all existing ones, also if a clock was ahead', () => {
    writeFileSync(join(folder, '1900000000000-later.ts'), '');
    expect(writeMigration('pin-posts', folder, 1_800_000_000_000)).toContain('1900000000001-pin-posts.ts');
  });

  it.each(['', 'PinPosts', 'pin_posts', '../pin', '1-pin'])(
    'is refused without a name of its own: "%s"',
    (name) => {
      expect(() => writeMigration(name, folder)).toThrow('npm run migration -- pin-posts');
    },
  );
});
