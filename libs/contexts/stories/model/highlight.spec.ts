import { Highlight, MAX_HIGHLIGHTS } from './highlight';

const now = new Date();
const create = (owned = 0) => Highlight.create('owner', 'Summer', ['a', 'b'], owned, now);

describe('A highlight', () => {
  it('is one of a limited number', () => {
    expect(create(MAX_HIGHLIGHTS - 1).version).toBe(1);
    expect(() => create(MAX_HIGHLIGHTS)).toThrow(
      expect.objectContaining({ code: 'stories.too-many-highlights' }),
    );
  });

  it('changes only if something is different; the order of its stories counts', () => {
    const highlight = create();
    expect(highlight.update({})).toBe(false);
    expect(highlight.update({ name: 'Summer', storyIds: ['a', 'b'] })).toBe(false);
    expect(highlight.version).toBe(1);
    expect(highlight.update({ storyIds: ['b', 'a'] })).toBe(true);
    expect(highlight.update({ name: 'Winter' })).toBe(true);
    expect(highlight.snapshot()).toMatchObject({ name: 'Winter', storyIds: ['b', 'a'], version: 3 });
  });

  it('does not exist for others', () => {
    expect(() => create().verifyOwner('owner')).not.toThrow();
    expect(() => create().verifyOwner('other')).toThrow(
      expect.objectContaining({ code: 'resource.not-found' }),
    );
  });
});
