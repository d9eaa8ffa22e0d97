import { inSpan } from '.';

describe('Work in a span', () => {
  it('gives its result without any SDK', async () => {
    await expect(inSpan('command Hatch', {}, async () => 7)).resolves.toBe(7);
  });

  it('throws what it throws', async () => {
    const error = new Error('broken');
    await expect(inSpan('command Hatch', {}, () => Promise.reject(error))).rejects.toBe(error);
  });
});
