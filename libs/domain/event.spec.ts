import { z } from 'zod';
import { defineEvent, definedEvents } from '.';

describe('Defining an event', () => {
  it('refuses the same type and version twice', () => {
    defineEvent('lake.fish-jumped', 1, z.object({}));
    expect(() => defineEvent('lake.fish-jumped', 1, z.object({}))).toThrow(
      'lake.fish-jumped v1 is defined twice',
    );
  });

  it('accepts a changed schema as a new version', () => {
    defineEvent('lake.duck-landed', 2, z.object({}));
    defineEvent('lake.duck-landed', 1, z.object({}));
    const versions = definedEvents().filter(({ type }) => type === 'lake.duck-landed');
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
  });

  it.each([
    'lake',
    'Lake.frozen',
    'lake.fish_jumped',
    'lake.fish.jumped',
    'lake.fish jumped',
    '.jumped',
    'lake.',
  ])('refuses the misspelt type "%s"', (type) =>
    expect(() => defineEvent(type, 1, z.object({}))).toThrow('must have the form <context>.<what-happened>'),
  );

  it('lists the events by type', () => {
    const types = definedEvents().map(({ type }) => type);
    expect(types).toEqual([...types].sort());
  });
});
