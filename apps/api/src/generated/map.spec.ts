import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goneSubscribers } from './map';

const map = readFileSync(join(__dirname, '../../../../docs/map.md'), 'utf8');
const listed = goneSubscribers(map, []);

describe('The subscribers in the map', () => {
  it('are found in it', () => {
    expect(listed).toContain('social.copy-people');
    expect(listed.every((name) => /^[a-z]+\.[a-z-]+$/.test(name))).toBe(true);
  });

  it('are missed when one disappears, unless another has its former name', () => {
    const known = listed.map((name) => ({ name, formerly: [] as string[] }));
    expect(goneSubscribers(map, known)).toEqual([]);
    const [first, ...others] = known;
    expect(goneSubscribers(map, others)).toEqual([first!.name]);
    expect(goneSubscribers(map, [...others, { name: 'social.copy', formerly: [first!.name] }])).toEqual([]);
  });

  it('are none where there is no map yet', () => {
    expect(goneSubscribers('', [])).toEqual([]);
  });
});
