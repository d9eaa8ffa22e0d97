import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts } from '@rookery/contexts';
import { formerNames, goneNames } from './map';

const map = readFileSync(join(__dirname, '../../../../docs/map.md'), 'utf8');
const without = (line: string) => {
  expect(map).toContain(line);
  return map.replace(line, '');
};

describe('A stored name in the map', () => {
  it('is not reported while it exists', () => {
    expect(goneNames(map, map, new Set())).toEqual([]);
    expect(goneNames(map, '', new Set())).toEqual([]);
  });

  it.each([
    ['subscriber', 'social.copy-people', /^\| `social\.copy-people` .*\n/m],
    ['schedule', 'identity.prune-sessions', /^\| `identity\.prune-sessions` .*\n/m],
    ['audited action', 'social.create-post', /^\| social \| CreatePost .*\n/m],
    ['version of an event', 'social.post-created v1', /^\| `social\.post-created` .*\n/m],
  ])('is reported when it has disappeared: %s', (what, name, line) => {
    const [said, ...others] = goneNames(without(line.exec(map)![0]), map, new Set());
    expect(said).toContain(`docs/map.md has the ${what} ${name}, which no longer exists.`);
    expect(others).toEqual([]);
  });

  it('is not reported if another item lists it as a former name', () => {
    const [line] = /^\| `identity\.prune-sessions` .*\n/m.exec(map)!;
    expect(goneNames(without(line), map, new Set(['identity.prune-sessions']))).toEqual([]);
  });

  it('is reported when a version number is changed in place', () => {
    const [line] = /^\| `social\.post-created` \| 1 .*$/m.exec(map)!;
    const [said] = goneNames(map.replace(line, line.replace('| 1 ', '| 2 ')), map, new Set());
    expect(said).toContain('social.post-created v1');
  });
});

describe('The former names of all declarations', () => {
  it('are found', () => {
    const declared = contexts.filter(
      ({ schedules, subscribers }) => schedules.length + subscribers.length > 0,
    );
    expect(declared.length).toBeGreaterThan(5);
    for (const name of formerNames(contexts)) expect(name).toMatch(/^[a-z]+\.[A-Za-z-]+$/);
  });
});
