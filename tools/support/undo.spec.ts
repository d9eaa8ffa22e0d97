import { atEnd, undoAll } from './undo.mts';

describe('Shutting down gracefully', () => {
  it('runs cleanups in reverse order, and later ones at once', async () => {
    const undone: string[] = [];
    const note = (name: string) => atEnd(() => void undone.push(name));
    note('first');
    note('second');
    atEnd(async () => {
      await Promise.resolve();
      note('noted while ending');
    });
    await undoAll();
    expect(undone).toEqual(['noted while ending', 'second', 'first']);
    await new Promise<void>((done) => atEnd(done));
  });
});
