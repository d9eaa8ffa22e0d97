import { enroll } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { type Person, sharedSystem } from '@rookery/testing';
import { verifyWalks } from '@rookery/testing/walk';

const START = Date.parse('2030-01-01T00:00:00Z');

describe('the failed deliveries of a queue', () => {
  const system = sharedSystem();
  let operator: Person;
  // Of this suite only: other suites use the same system.
  const [one, other] = [`suite.one-${newId()}`, `suite.other-${newId()}`];

  beforeAll(async () => {
    operator = await enroll(system, { role: 'admin' });
  });

  // Other suites wait until nothing is open.
  afterEach(() => system.sql(`DELETE FROM messaging.outbox WHERE type = 'suite.happened'`));

  /** Dead deliveries of one event to each subscriber. */
  async function fail(
    subscribers: string[],
    { at = new Date(), stack = 'Error: It failed.' }: { at?: Date; stack?: string | null } = {},
  ) {
    const eventId = newId();
    await system.sql(
      `INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at,
                                     correlation_id)
       VALUES ($1, 'suite.happened', 1, $1, 1, 0, '{"text":"it"}', '2030-01-01T00:00:00Z', now(), 'a-request')`,
      [eventId],
    );
    await system.sql(
      `INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, attempts,
                                             last_error, last_stack, finished_at)
       SELECT $1, name, 'mail', $1, 1, false, 'dead', 8, 'It failed.', $4, $3
       FROM unnest($2::text[]) AS name`,
      [eventId, subscribers, at, stack],
    );
    return eventId;
  }

  const list = async (query: Record<string, string>, queue = 'mail') =>
    system.ask(`GET /v1/admin/queues/${queue}/failed?${new URLSearchParams(query).toString()}`, {
      token: operator.token,
    });

  it('contain reason, stack and the whole event', async () => {
    const eventId = await fail([one]);
    const { body } = await list({ subscriber: one });
    expect(body.data).toEqual([
      {
        id: `${eventId}-${one}`,
        queue: 'mail',
        subscriber: one,
        reason: 'It failed.',
        attempts: 8,
        stack: 'Error: It failed.',
        failedAt: expect.stringMatching(/Z$/),
        envelope: {
          id: eventId,
          type: 'suite.happened',
          version: 1,
          occurredAt: '2030-01-01T00:00:00.000Z',
          subject: eventId,
          sequence: 1,
          actorId: null,
          correlationId: 'a-request',
          causationId: null,
          traceparent: null,
          data: { text: 'it' },
        },
      },
    ]);
  });

  it('have no stack if it was not stored', async () => {
    const subscriber = `suite.bare-${newId()}`;
    await fail([subscriber], { stack: null });
    expect((await list({ subscriber })).body.data).toMatchObject([{ stack: null }]);
  });

  it('are listed by the time they failed, newest first, of all subscribers or of one', async () => {
    const subscribers = [`suite.first-${newId()}`, other];
    const ids: string[] = [];
    for (const second of [1, 2, 3, 4, 5]) {
      const eventId = await fail(subscribers, { at: new Date(START + second * 1_000) });
      ids.unshift(...subscribers.map((name) => `${eventId}-${name}`));
    }
    const ofOne = await list({ subscriber: other });
    expect(ofOne.body.data.map(({ id }: { id: string }) => id)).toEqual(
      ids.filter((id) => id.endsWith(other)),
    );
    const { body } = await list({ limit: '100' });
    const mine = body.data.map(({ id }: { id: string }) => id).filter((id: string) => ids.includes(id));
    expect(mine.map((id: string) => id.slice(0, 36))).toEqual(ids.map((id) => id.slice(0, 36)));
    expect(new Set(mine)).toEqual(new Set(ids));
  });

  it('are paged without gaps and repetitions, whatever fails or is decided in between', async () => {
    await verifyWalks(async () => {
      const subscriber = `suite.walked-${newId()}`;
      return {
        insert: (times) =>
          Promise.all(
            times.map(async (ms) => {
              const eventId = await fail([subscriber], { at: new Date(START + ms) });
              return `${eventId}-${subscriber}`;
            }),
          ),
        async remove(ids) {
          await system.sql(`UPDATE messaging.event_delivery SET state = 'done' WHERE event_id = ANY ($1)`, [
            ids.map((id) => id.slice(0, 36)),
          ]);
        },
        async page(query) {
          const { body } = await list(
            Object.fromEntries(new URLSearchParams(`subscriber=${subscriber}&${query}`)),
          );
          return {
            ...body,
            data: body.data.map(({ id, failedAt }: { id: string; failedAt: string }) => ({
              id,
              createdAt: failedAt,
            })),
          };
        },
      };
    });
  });

  it('belong to a queue, and a cursor to a filter', async () => {
    expect((await list({}, 'nowhere')).body).toMatchObject({ status: 404, code: 'resource.not-found' });
    await fail([one, other]);
    await fail([one, other]);
    const { body } = await list({ subscriber: one, limit: '1' });
    const foreign = await list({ subscriber: other, limit: '1', cursor: body.page.nextCursor });
    expect(foreign.body).toMatchObject({ status: 400, code: 'request.invalid-cursor' });
  });
});
