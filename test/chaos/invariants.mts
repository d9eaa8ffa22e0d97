import type { LoadResult } from './load.mts';
import type { ProbeSystem } from './probe-system.mts';

/** Queries for rows that violate an invariant. */
type Promised = [promise: string, sql: string, values?: (load: LoadResult) => unknown[]];

const COMMITTED = `SELECT (data ->> 'commandId')::uuid AS command_id FROM messaging.outbox WHERE type = 'probe.counter-incremented'`;

const promises: Promised[] = [
  [
    'what was acknowledged happened',
    `SELECT command_id FROM unnest($1::uuid[]) AS command_id EXCEPT (${COMMITTED})`,
    ({ acked }) => [acked],
  ],
  [
    'what was refused did not happen',
    `SELECT command_id FROM unnest($1::uuid[]) AS command_id INTERSECT (${COMMITTED})`,
    ({ refused }) => [refused],
  ],
  [
    'nothing else happened',
    `(${COMMITTED}) EXCEPT SELECT command_id FROM unnest($1::uuid[]) AS command_id`,
    ({ acked, inDoubt }) => [[...acked, ...inDoubt]],
  ],
  [
    'every event had its effect once',
    `SELECT command_id, count(e.command_id)::int AS effects
     FROM (${COMMITTED}) AS committed FULL JOIN probe.effects e USING (command_id)
     GROUP BY command_id HAVING count(e.command_id) <> 1 OR count(committed.command_id) = 0`,
  ],
  [
    'every counter counted its events',
    `SELECT c.id, c.count, count(o.id)::int AS events FROM probe.counters c
     LEFT JOIN messaging.outbox o ON o.subject = c.id AND o.type = 'probe.counter-incremented'
     GROUP BY c.id HAVING count(o.id) <> c.count`,
  ],
  [
    'the ordered subscriber saw every event of a counter in its order',
    `SELECT * FROM (SELECT counter_id, sequence, row_number() OVER (PARTITION BY counter_id ORDER BY position) AS place
                    FROM probe.log) AS seen
     WHERE sequence <> place ORDER BY counter_id, place`,
  ],
  [
    'the ordered subscriber saw the last event of every counter',
    `SELECT c.id, c.version, max(l.sequence) AS seen FROM probe.counters c LEFT JOIN probe.log l ON l.counter_id = c.id
     GROUP BY c.id HAVING max(l.sequence) IS DISTINCT FROM c.version`,
  ],
  ['every event was published', 'SELECT event_id FROM messaging.outbox WHERE published_at IS NULL'],
  [
    'every delivery is done',
    `SELECT event_id, subscriber, state, attempts, last_error FROM messaging.event_delivery WHERE state <> 'done'`,
  ],
];

/**
 * Checks the invariants.
 *
 * @returns a line for each violated invariant, with the first rows
 */
export async function brokenPromises(system: ProbeSystem, load: LoadResult): Promise<string[]> {
  const broken: string[] = [];
  for (const [promise, sql, values] of promises) {
    const rows = await system.sql(sql, values?.(load));
    if (rows.length > 0)
      broken.push(`NOT TRUE: ${promise}. ${rows.length} rows, such as ${JSON.stringify(rows.slice(0, 5))}`);
  }
  return [...broken, ...answersInOrder(load), ...(await outsideEffects(system)), ...processesInOrder(system)];
}

/** If a dependency is down, the api reports it; 500 is only for bugs. */
function answersInOrder({ answers, onDiscarded }: LoadResult): string[] {
  if (onDiscarded > 0)
    return [
      `NOT TRUE: every command is acknowledged in the end. ${onDiscarded} were not: ${JSON.stringify([...answers])}`,
    ];
  const wrong = [...answers.keys()].filter(
    (answer) => /^\d+$/.test(answer) && !['204', '409', '503'].includes(answer),
  );
  return wrong.map(
    (answer) => `NOT TRUE: commands are answered 204, 409 or 503. ${answers.get(answer)} times ${answer}.`,
  );
}

/** The receiver may get an effect twice, but always with the same key. */
async function outsideEffects(system: ProbeSystem): Promise<string[]> {
  const rows = await system.sql<{ key: string }>(
    `SELECT event_id || ':' || subscriber AS key FROM messaging.event_delivery WHERE subscriber = 'probe.report-tenth'`,
  );
  const expected = rows.map(({ key }) => key);
  const { received } = system.effects;
  const lost = expected.filter((key) => !received.has(key));
  const unknown = [...received.keys()].filter((key) => !expected.includes(key));
  return [
    ...(lost.length > 0
      ? [`NOT TRUE: every effect outside happened. Missing: ${lost.slice(0, 5).join(', ')}`]
      : []),
    ...(unknown.length > 0
      ? [`NOT TRUE: effects outside belong to events. Unknown: ${unknown.slice(0, 5).join(', ')}`]
      : []),
  ];
}

function processesInOrder(system: ProbeSystem): string[] {
  return system.processes.flatMap((each) => {
    const uncaught = each
      .log()
      .split('\n')
      .filter((line) => /unhandledRejection|uncaughtException|internal on /.test(line));
    return [
      ...each.surprises,
      ...(uncaught.length > 0 ? [`${each.name} did not expect: ${uncaught[0]!.slice(0, 1_000)}`] : []),
    ];
  });
}
