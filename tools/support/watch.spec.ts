import { eventually } from '@rookery/testing';
import { watch } from './watch.mts';

describe('Watching the sources', () => {
  it('builds and starts again after each change, and after one that does not compile waits for the next', async () => {
    const said = jest.spyOn(console, 'log').mockReturnValue();
    const done: string[] = [];
    let state = 'first';
    const watching = watch({
      look: 1,
      state: () => {
        if (state === 'over') throw new Error('The test is over.');
        return state;
      },
      compile: async () => {
        if (state === 'broken') throw new Error('broken does not compile');
        done.push(`compiled ${state}`);
      },
      built: async () => void done.push(`started ${state}`),
    });
    state = 'second';
    await eventually(() => done.includes('started second'));
    state = 'broken';
    await eventually(() => said.mock.calls.length > 0);
    state = 'third';
    await eventually(() => done.includes('started third'));
    expect(done).toEqual(['compiled second', 'started second', 'compiled third', 'started third']);
    expect(said.mock.calls).toEqual([[expect.stringContaining('broken does not compile')]]);
    said.mockRestore();
    state = 'over'; // or it would look once a millisecond as long as the process lives
    await expect(watching).rejects.toThrow('The test is over.');
  });
});
