import { HeldFiles } from './held-files';

describe('Files that are in memory', () => {
  const refused = expect.objectContaining({ definition: expect.objectContaining({ status: 503 }) });

  it('are no longer counted once their response was sent, even if more of them arrives', () => {
    const held = new HeldFiles();
    for (let nr = 0; nr < 10; nr += 1) {
      const file = held.open('ada', 10);
      held.add(file, 9);
      held.close(file);
      held.add(file, 9);
    }
    const file = held.open('ada', 10);
    held.add(file, 10);
    expect(() => held.add(file, 1)).toThrow(refused);
  });

  it('of different callers take no more than four of the maximum size', () => {
    const held = new HeldFiles();
    for (const caller of ['ada', 'bob', 'cyd', 'dan']) held.add(held.open(caller, 10), 10);
    const file = held.open('eve', 10);
    expect(() => held.add(file, 1)).toThrow(refused);
  });
});
