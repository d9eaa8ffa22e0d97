import { z } from 'zod';
import { Aggregate, defineEvent } from '.';

const Grown = defineEvent('garden.tree-grown', 1, z.object({ by: z.number() }));

class Tree extends Aggregate<{ id: string; version: number; height: number }> {
  grow(by: number): void {
    this.state.height += by;
    this.raise(Grown, { by });
  }
}

describe('An aggregate', () => {
  it('increments its version by one per event', () => {
    const tree = new Tree({ id: 'oak', version: 0, height: 1 });
    tree.grow(2);
    tree.grow(3);
    expect(tree.version).toBe(2);
    expect(tree.snapshot().height).toBe(6);
  });

  it('returns its events oldest first, numbered without gaps, and clears them', () => {
    const tree = new Tree({ id: 'oak', version: 4, height: 1 });
    tree.grow(2);
    tree.grow(3);
    expect(
      tree
        .takeEvents()
        .map(({ definition, subject, sequence, data }) => [definition.type, subject, sequence, data]),
    ).toEqual([
      ['garden.tree-grown', 'oak', 5, { by: 2 }],
      ['garden.tree-grown', 'oak', 6, { by: 3 }],
    ]);
    expect(tree.takeEvents()).toEqual([]);
  });

  it('keeps the stored version while it changes', () => {
    const tree = new Tree({ id: 'oak', version: 4, height: 1 });
    tree.grow(1);
    expect(tree.storedVersion).toBe(4);
  });

  it('raises no event when it is created', () => {
    expect(new Tree({ id: 'oak', version: 0, height: 1 }).takeEvents()).toEqual([]);
  });
});
