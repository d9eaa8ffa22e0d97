import { connect } from 'node:net';
import { OwnSystem } from './own-system';

/** @returns whether somebody listens at an address. */
const answers = (url: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy()).once('connect', () => socket.end());
  });

describe('A system in the process of a suite', () => {
  it('ends its parts when its apps do not start', async () => {
    let redisUrl = '';
    const reach = {
      redis: async (url: string) => {
        expect(await answers(url)).toBe(true);
        return (redisUrl = url);
      },
    };
    await expect(OwnSystem.start([], { REDIS_URL: 'nowhere' }, reach)).rejects.toThrow(/REDIS_URL/);
    expect(await answers(redisUrl)).toBe(false);
  });
});
