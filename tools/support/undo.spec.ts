import { atEnd, undoAll } from './undo.mts';

describe('Ending in order', () => {
  it('undoes what was noted, later notes first, and what is noted afterwards at once', async () => {
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
