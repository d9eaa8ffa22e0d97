import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts } from '@rookery/contexts';
import { Subscribers } from '@rookery/messaging';
import { Subscriptions } from '@rookery/persistence';
import { droppedEvents, formerNames, goneNames } from './map';

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

describe('An event of a subscriber in the map', () => {
  const subscribers = new Subscribers(new Subscriptions());
  for (const type of contexts.flatMap(({ subscribers: each }) => each)) subscribers.register(type);
  const reacting = (name: string, event: string) => {
    const row = `| \`${name}\` | `;
    expect(map).toContain(row);
    return map.replace(row, `${row}\`${event}\`, `);
  };

  it('is not reported while the subscriber handles it', () => {
    expect(droppedEvents(subscribers, map)).toEqual([]);
    expect(droppedEvents(subscribers, '')).toEqual([]);
  });

  it('is reported when the subscriber does not handle it any more, with the remedy', () => {
    const before = reacting('social.copy-people', 'social.post-created');
    expect(droppedEvents(subscribers, before)).toEqual([
      expect.stringMatching(
        /^docs\/map\.md has social\.copy-people react to social\.post-created, .*retired: \[/,
      ),
    ]);
  });

  it('is not reported if it is retired, if the event no longer exists, or if the subscriber does not', () => {
    expect(droppedEvents(subscribers, reacting('identity.forget-user', 'identity.mfa-enabled'))).toEqual([]);
    expect(droppedEvents(subscribers, reacting('social.copy-people', 'social.never-declared'))).toEqual([]);
    const renamed = map.replace('| `social.copy-people` |', '| `social.gone` |');
    expect(droppedEvents(subscribers, renamed)).toEqual([]);
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
