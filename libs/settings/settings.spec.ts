import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { checkSettings, defineSettings, definedSettings, InvalidSettings, setting } from '.';

class PondSettings extends defineSettings('Pond', {
  depth: setting('POND_DEPTH', z.coerce.number().int().min(1, 'must be at least 1'), {
    default: '3',
    doc: 'Metres of water.',
  }),
  keeper: setting('POND_KEEPER', z.string(), { development: 'heron', doc: 'Who looks after it.' }),
  name: setting('POND_NAME', z.string(), { doc: 'What it is called.' }),
}) {}

const named = { POND_NAME: 'Walden' };

describe('A group of settings', () => {
  it('reads its variables in their types', () => {
    expect(new PondSettings({ ...named, POND_DEPTH: '31' })).toMatchObject({ depth: 31, name: 'Walden' });
  });

  it('falls back to defaults, and outside production to development values', () => {
    expect(new PondSettings(named)).toMatchObject({ depth: 3, keeper: 'heron' });
  });

  it('treats an empty variable as not set', () => {
    expect(new PondSettings({ ...named, POND_DEPTH: '' }).depth).toBe(3);
  });

  it('names every variable that is missing or wrong, with what it means', () => {
    const build = () => new PondSettings({ POND_DEPTH: '0' });
    expect(build).toThrow(InvalidSettings);
    expect(build).toThrow('POND_DEPTH is wrong: must be at least 1. Metres of water.');
    expect(build).toThrow('POND_NAME is missing. What it is called.');
  });

  it('refuses a development value in production, whether it is given or left out', () => {
    const production = { ...named, NODE_ENV: 'production' };
    expect(() => new PondSettings(production)).toThrow(
      'POND_KEEPER is missing; production requires a custom value',
    );
    expect(() => new PondSettings({ ...production, POND_KEEPER: 'heron' })).toThrow(
      'still has its development value',
    );
    expect(new PondSettings({ ...production, POND_KEEPER: 'otter' }).keeper).toBe('otter');
  });

  it('reads a variable from the file that X_FILE names, without the line end', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'name');
    writeFileSync(file, 'Walden\n');
    expect(new PondSettings({ POND_NAME_FILE: file }).name).toBe('Walden');
  });

  it('says which file it could not read', () => {
    expect(() => new PondSettings({ POND_NAME_FILE: '/nowhere/name' })).toThrow(
      'POND_NAME_FILE names a file that cannot be read: ENOENT',
    );
  });

  it('is listed for the documentation of settings', () => {
    expect(definedSettings().map(({ title }) => title)).toContain('Pond');
  });
});

describe('Checking all settings', () => {
  it('names the errors of every group at once', () => {
    class HedgeSettings extends defineSettings('Hedge', {
      height: setting('HEDGE_HEIGHT', z.coerce.number(), { doc: 'Metres.' }),
    }) {}
    void HedgeSettings;
    const check = () => checkSettings({});
    expect(check).toThrow('POND_NAME is missing');
    expect(check).toThrow('HEDGE_HEIGHT is missing');
    expect(() => checkSettings({ ...named, HEDGE_HEIGHT: '2' })).not.toThrow();
  });
});
