import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { newId } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { RealtimeLimits } from '@rookery/realtime';
import { eventually, type Person } from '@rookery/testing';
import { TestEventStream } from '@rookery/testing/connected';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';

const STREAMS = 10;
const HEARTBEATS = 4;
/** Between two heartbeats: connections are looked at that often. */
const STEP_SECONDS = 1.5;

describe('Streams of a tale that nobody writes yet', () => {
  const system = ownSystem(contexts);
  const streams: TestEventStream[] = [];
  let ada: Person;
  let id: string;

  beforeEach(async () => {
    ada = await enroll(system);
    id = newId();
    await system.sql(
      `INSERT INTO tales.tales (id, version, user_id, status, run, interests, tone, length, language, created_at,
                                requested_at)
       VALUES ($1, 1, $2, 'requested', 1, '{cats}', 'calm', 'short', 'en', now(), now())`,
      [id, ada.id],
    );
  });
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.close();
  });

  const open = async (url = system.addresses.apiUrl) => {
    const stream = TestEventStream.open(url, { token: ada.token }, `/v1/tales/${id}/stream`);
    streams.push(stream);
    await eventually(() => stream.text.includes('retry:'));
    return stream;
  };
  const beats = ({ text }: TestEventStream) => text.split(': still here').length - 1;

  it('do not query the tale while nothing happens, and less than twice a second in total', async () => {
    const limits = system.inApi(RealtimeLimits);
    const normal = structuredClone(limits);
    Object.assign(limits, { heartbeatMs: 1 });
    const rows = jest.spyOn(Sql.prototype, 'row');
    const looks = () => rows.mock.calls.filter(([text]) => text.includes('char_length(written.text)')).length;
    try {
      await Promise.all(Array.from({ length: STREAMS }, () => open()));
      await eventually(() => looks() === 2 * STREAMS);
      const until = beats(streams[0]!) + HEARTBEATS;
      const began = performance.now();
      const { postgres } = await askedDuring(system, () => eventually(() => beats(streams[0]!) >= until));
      const seconds = (performance.now() - began) / 1_000;
      expect(looks()).toBe(2 * STREAMS);
      expect(postgres.length / Math.max(seconds, HEARTBEATS * STEP_SECONDS)).toBeLessThan(2);
      await system.ask(`DELETE /v1/tales/${id}`, { token: ada.token });
      await eventually(() => streams.every(({ isClosed }) => isClosed));
      for (const { frames } of streams)
        expect(frames).toMatchObject([{ type: 'tale.failed', payload: { taleId: id, status: 'cancelled' } }]);
    } finally {
      rows.mockRestore();
      Object.assign(limits, normal);
    }
  });

  it('end within five seconds of signing out', async () => {
    const limits = system.inApi(RealtimeLimits);
    const normal = structuredClone(limits);
    Object.assign(limits, { heartbeatMs: 1 }); // one for each look, which a slow machine takes later, not more often
    try {
      const stream = await open();
      await system.ask('POST /v1/auth/logout-all', { token: ada.token });
      const before = beats(stream);
      await eventually(() => stream.isClosed);
      expect((beats(stream) - before) * STEP_SECONDS).toBeLessThan(5);
      expect(stream.frames).toMatchObject([{ type: 'error', payload: { code: 'auth.unauthenticated' } }]);
      expect(stream.text).not.toContain('\nid:');
    } finally {
      Object.assign(limits, normal);
    }
  });

  it('are ended by a process that shuts down, with a time to come back', async () => {
    const other = await system.startApi();
    await other.listen(0, '127.0.0.1');
    const stream = await open(await other.getUrl());
    await other.close();
    await eventually(() => stream.isClosed);
    expect(stream.text.match(/retry: \d+/g)).toHaveLength(2);
    expect(stream.frames).toEqual([]);
  });
});
