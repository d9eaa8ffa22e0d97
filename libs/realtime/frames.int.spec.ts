import { newId } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { askedDuring } from '@rookery/testing/statements';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { z } from 'zod';
import { defineFrame, Frames, MAX_PAYLOAD_BYTES } from '.';
import { channelOf } from './hints';
import { RealtimePersonalData } from './personal-data';

const LeafFell = defineFrame('suite.leaf-fell', z.object({ leaf: z.string() }), { summary: 'A leaf fell.' });

describe('A frame', () => {
  const system = ownSystem([]);
  const send = (userIds: string[], leaf = 'oak') =>
    system
      .inApi(Transaction)
      .run(() => system.inApi(Frames).send(LeafFell, userIds, { leaf }))
      .then(() => undefined);
  /** In the current transaction: waits longer for a lock than any other, for as long as a suite looks on. */
  const wait = () =>
    system
      .inApi(Sql)
      .execute(
        `SELECT set_config('lock_timeout', '30s', true), set_config('statement_timeout', '30s', true)`,
      );
  const framesOf = (userId: string) =>
    system.sql<{ seq: string; type: string; payload: { leaf: string } }>(
      'SELECT seq, type, payload FROM realtime.frames WHERE user_id = $1 ORDER BY seq',
      [userId],
    );
  const seqsOf = async (userId: string) => (await framesOf(userId)).map(({ seq }) => Number(seq));
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  it('to any number of users is one statement that the commit waits for, and a hint to each', async () => {
    const users = [newId(), newId(), newId()];
    await send(users.slice(0, 1)); // connected, and prepared
    const { postgres, redis } = await askedDuring(system, () => send([...users, users[0]!]));
    expect(postgres.flat()).toEqual(['START', 'WITH', 'COMMIT']);
    expect(redis).toEqual(['publish', 'publish', 'publish']);
    expect(await Promise.all(users.map(seqsOf))).toEqual([[1, 2], [1], [1]]);
    expect((await framesOf(users[0]!))[1]).toMatchObject({
      type: 'suite.leaf-fell',
      payload: { leaf: 'oak' },
    });
  });

  it('publishes a hint with the latest number after the commit, and never after a rollback', async () => {
    const user = newId();
    const heard: string[] = [];
    const redis = new Redis(system.addresses.redisUrl);
    await redis.subscribe(channelOf(user));
    redis.on('message', (_, seq) => heard.push(seq));
    const failing = system.inApi(Transaction).run(async () => {
      await system.inApi(Frames).send(LeafFell, [user], { leaf: 'elm' });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await send([user]);
    await send([user]);
    await eventually(() => expect(heard).toEqual(['1', '2']));
    redis.disconnect();
    expect(await seqsOf(user)).toEqual([1, 2]);
  });

  it('has the next number in the stream of each user, without gaps, however many are sent at once', async () => {
    const users = [newId(), newId()];
    const sendNr = (number: number) =>
      system.inApi(Transaction).run(async () => {
        await system.inApi(Frames).send(LeafFell, number % 2 ? users : users.toReversed(), { leaf: 'ash' });
        if (number % 4 === 0) throw new Error('rolled back');
      });
    const sent: PromiseSettledResult<void>[] = [];
    // As many at once as have a connection: who waits too long for one is refused.
    const rest = numbers(40).values();
    const sender = async () => {
      for (const number of rest) sent.push(...(await Promise.allSettled([sendNr(number)])));
    };
    await Promise.all(numbers(8).map(sender));
    expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(30);
    expect(await Promise.all(users.map(seqsOf))).toEqual([numbers(30), numbers(30)]);
  });

  it('locks streams in one order, so that senders to the same users cannot deadlock', async () => {
    const [first, second] = [newId(), newId()].toSorted() as [string, string];
    await send([first, second]);
    const holder = new Client({ connectionString: system.addresses.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM realtime.streams WHERE user_id = $1 FOR UPDATE', [first]);
    const sendPatiently = (userIds: string[]) =>
      system.inApi(Transaction).run(async () => {
        await wait();
        await send(userIds);
      });
    const sending = Promise.all([sendPatiently([second, first]), sendPatiently([first, second])]);
    await eventually(async () => {
      const waiting = await system.sql(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(waiting).toHaveLength(2);
    });
    await holder.query('SELECT FROM realtime.streams WHERE user_id = $1 FOR UPDATE NOWAIT', [second]);
    await holder.query('COMMIT');
    await holder.end();
    await sending;
    expect(await seqsOf(second)).toEqual([1, 2, 3]);
  });

  it('is one of all that a transaction sends: one statement, in their order, whatever the order of their users', async () => {
    const [first, second] = [newId(), newId()].toSorted() as [string, string];
    await send([first]);
    const holder = new Client({ connectionString: system.addresses.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM realtime.streams WHERE user_id = $1 FOR UPDATE', [first]);
    const sendAll = (before?: () => Promise<unknown>) =>
      system.inApi(Transaction).run(async () => {
        await before?.();
        const frames = system.inApi(Frames);
        await frames.send(LeafFell, [second], { leaf: 'ash' });
        await frames.send(LeafFell, [first, second, second], { leaf: 'elm' });
        await frames.send(LeafFell, [first], { leaf: 'fir' });
      });
    const asking = sendAll(wait);
    await eventually(async () => {
      const waiting = await system.sql(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(waiting).toHaveLength(1);
    });
    await send([second], 'oak'); // which it does not hold yet
    await holder.query('COMMIT');
    await holder.end();
    await asking;
    const leaves = async (userId: string) =>
      (await framesOf(userId)).map(({ seq, payload }) => `${seq} ${payload.leaf}`);
    expect(await leaves(first)).toEqual(['1 oak', '2 elm', '3 fir']);
    expect(await leaves(second)).toEqual(['1 oak', '2 ash', '3 elm']);
    const { postgres, redis } = await askedDuring(system, () => sendAll());
    expect(postgres.flat()).toEqual(['START', 'WITH', 'COMMIT']);
    expect(redis).toEqual(['publish', 'publish']);
  });

  it('is on disk before anybody is told, also in a transaction that need not be', async () => {
    const user = newId();
    const { postgres } = await askedDuring(system, () =>
      system
        .inApi(Transaction)
        .run(() => system.inApi(Frames).send(LeafFell, [user], { leaf: 'fir' }), { redone: true }),
    );
    expect(postgres.flat()).toEqual(['START', 'WITH', 'COMMIT']);
  });

  it('to nobody costs nothing', async () => {
    const { postgres, redis } = await askedDuring(system, () => send([]));
    expect({ postgres, redis }).toEqual({ postgres: [], redis: [] });
  });

  it('is refused outside of a transaction, if it is none of its type, and if it is too large', async () => {
    const frames = system.inApi(Frames);
    await expect(frames.send(LeafFell, [newId()], { leaf: 'yew' })).rejects.toThrow(
      'There is no transaction',
    );
    await expect(send([newId()], 7 as unknown as string)).rejects.toThrow('expected string');
    await expect(send([newId()], 'x'.repeat(MAX_PAYLOAD_BYTES))).rejects.toThrow('larger than');
  });

  it('is kept for the five minutes that a client may be away, and deleted some minutes later', async () => {
    const user = newId();
    for (const _ of numbers(3)) await send([user]);
    const age = (seq: number, minutes: number) =>
      system.sql(
        `UPDATE realtime.frames SET occurred_at = now() - make_interval(mins => $3)
         WHERE user_id = $1 AND seq = $2`,
        [user, seq, minutes],
      );
    await age(1, 11);
    await age(2, 6);
    await system.runSchedule('realtime.prune-frames');
    expect(await seqsOf(user)).toEqual([2, 3]);
    await send([user]);
    expect(await seqsOf(user)).toEqual([2, 3, 4]);
  });

  it('is exported to its user, and erased with them together with the place in their stream', async () => {
    const [user, other] = [newId(), newId()];
    for (const _ of numbers(3)) await send([user, other]);
    const data = system.inWorker(RealtimePersonalData);
    const pages: unknown[] = [];
    for await (const page of data.export(user)) pages.push(page);
    expect(pages).toEqual([
      [
        'frames',
        numbers(3).map(() => ({
          type: 'suite.leaf-fell',
          payload: { leaf: 'oak' },
          occurredAt: expect.any(Date),
        })),
      ],
    ]);
    const erase = () => system.inWorker(Transaction).run(() => data.erase(user, 2));
    expect([await erase(), await erase(), await erase(), await erase()]).toEqual([
      { frames: 2, streams: 0 },
      { frames: 1, streams: 0 },
      { frames: 0, streams: 1 },
      { frames: 0, streams: 0 },
    ]);
    expect(await seqsOf(other)).toEqual([1, 2, 3]);
  });
});

describe('Declaring a frame', () => {
  it('is refused for a type that is declared, and for a misspelt one', () => {
    const define = (type: string) => () => defineFrame(type, z.object({}), { summary: '' });
    expect(define('suite.leaf-fell')).toThrow('Frame suite.leaf-fell is defined twice.');
    expect(define('leafFell')).toThrow('must have the form <area>.<what-happened>');
  });
});
