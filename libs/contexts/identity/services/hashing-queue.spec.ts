import { type HashingPurpose, HashingQueue } from './hashing-queue';

describe('the hashing queue', () => {
  /** Hashes that run until the test ends them. */
  function queue() {
    const hashing = new HashingQueue();
    const running: string[] = [];
    const ends = new Map<string, () => void>();
    const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
    return {
      running,
      /** @returns the rejection, once it is known whether it runs, waits or is rejected. */
      begin: async (purpose: HashingPurpose, name: string): Promise<unknown> => {
        let refused: unknown;
        const work = () => {
          running.push(name);
          return new Promise<void>((resolve) => ends.set(name, resolve));
        };
        hashing.run(purpose, work).catch((error: unknown) => (refused = error));
        await settled();
        return refused;
      },
      end: async (name: string): Promise<void> => {
        running.splice(running.indexOf(name), 1);
        ends.get(name)!();
        await settled();
      },
    };
  }

  it('gives registrations one of three slots, so that two are free for sign-ins', async () => {
    const { begin, running } = queue();
    for (let index = 1; index <= 5; index += 1) await begin('register', `newcomer ${index}`);
    expect(running).toEqual(['newcomer 1']);
    await begin('compare', 'ada');
    await begin('compare', 'bob');
    expect(running).toEqual(['newcomer 1', 'ada', 'bob']);
  });

  it('runs comparisons first, then hashes of authenticated users, then registrations', async () => {
    const { begin, end, running } = queue();
    for (const name of ['one', 'two', 'three']) await begin('compare', name);
    await begin('register', 'newcomer');
    await begin('hash', 'new password');
    await begin('compare', 'ada');
    expect(running).toEqual(['one', 'two', 'three']);
    await end('two');
    expect(running).toEqual(['one', 'three', 'ada']);
    await end('one');
    expect(running).toEqual(['three', 'ada', 'new password']);
    await end('ada');
    expect(running).toEqual(['three', 'new password', 'newcomer']);
  });

  it('rejects only registrations if thirty are already waiting, without running them', async () => {
    const { begin, end, running } = queue();
    for (let index = 0; index <= 30; index += 1)
      expect(await begin('register', `newcomer ${index}`)).toBeUndefined();
    expect(await begin('register', 'one too many')).toMatchObject({ code: 'dependency.unavailable' });
    expect(await begin('hash', 'new password')).toBeUndefined();
    expect(await begin('compare', 'ada')).toBeUndefined();
    expect(running).toEqual(['newcomer 0', 'new password', 'ada']);
    await end('newcomer 0');
    expect(running).toEqual(['new password', 'ada', 'newcomer 1']);
    expect(await begin('register', 'one more')).toBeUndefined();
  });

  it('continues after one that failed', async () => {
    const hashing = new HashingQueue();
    for (let index = 0; index < 4; index += 1)
      await expect(hashing.run('register', () => Promise.reject(new Error('broken')))).rejects.toThrow(
        'broken',
      );
    await expect(hashing.run('register', () => Promise.resolve('done'))).resolves.toBe('done');
  });
});
