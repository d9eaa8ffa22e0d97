import { randomBytes } from 'node:crypto';
import {
  Command,
  CommandHandler,
  type ICommandHandler,
  type IQueryHandler,
  Query,
  QueryHandler,
} from '@nestjs/cqrs';
import type { Type as NestType } from '@nestjs/common';
import { Audited } from '@rookery/audit';
import { type EventOf, defineEvent, defineRejection, newId, Rejection } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { type Claim, Commands, IdempotencyKeys, Queries } from '.';

const Written = defineEvent('suite.line-written', 1, z.object({ text: z.string() }));
const Unwelcome = defineRejection('suite.unwelcome', 'forbidden', 'Unwelcome.', 'Write something else.');

@Audited('suite.write', { formerly: ['suite.put-down'] })
class Write extends Command<string> {
  constructor(readonly text: string) {
    super();
  }
}

@CommandHandler(Write)
class WriteHandler implements ICommandHandler<Write> {
  constructor(
    private readonly outbox: Outbox,
    private readonly sql: Sql,
  ) {}

  async execute({ text }: Write): Promise<string> {
    const id = newId();
    await this.sql.execute('INSERT INTO suite.line VALUES ($1, pg_current_xact_id()::text)', [text]);
    await this.outbox.append([{ definition: Written, subject: id, sequence: 1, data: { text } }]);
    if (text === 'rude') throw new Rejection(Unwelcome);
    return id;
  }
}

/** Runs other commands one after the other. */
@Audited('suite.run-all')
class RunAll extends Command<void> {
  constructor(readonly inner: readonly Command<unknown>[]) {
    super();
  }
}

@CommandHandler(RunAll)
class RunAllHandler implements ICommandHandler<RunAll> {
  constructor(private readonly commands: Commands) {}

  async execute({ inner }: RunAll): Promise<void> {
    for (const each of inner) await this.commands.execute(each);
  }
}

/** Writes to two lines, and waits in between. */
@Audited('suite.extend-both')
class ExtendBoth extends Command<void> {
  constructor(
    readonly texts: readonly [string, string],
    readonly meet: () => Promise<void>,
  ) {
    super();
  }
}

@CommandHandler(ExtendBoth)
class ExtendBothHandler implements ICommandHandler<ExtendBoth> {
  constructor(private readonly sql: Sql) {}

  async execute({ texts: [first, second], meet }: ExtendBoth): Promise<void> {
    await this.extend(first);
    await meet();
    await this.extend(second);
  }

  private async extend(text: string): Promise<void> {
    await this.sql.execute(`UPDATE suite.line SET transaction = transaction || '+' WHERE text = $1`, [text]);
  }
}

class CountLines extends Query<number> {
  constructor(readonly alsoWrite = false) {
    super();
  }
}

@QueryHandler(CountLines)
class CountLinesHandler implements IQueryHandler<CountLines> {
  constructor(private readonly sql: Sql) {}

  async execute({ alsoWrite }: CountLines): Promise<number> {
    if (alsoWrite) await this.sql.execute(`INSERT INTO suite.line VALUES ('sneaked in', '')`);
    return (await this.sql.row<{ count: number }>('SELECT count(*)::int AS count FROM suite.line'))!.count;
  }
}

@Subscriber('suite.read', Written, { queue: Queues.projections })
class Read implements Handles<typeof Written> {
  constructor(private readonly sql: Sql) {}

  async handle({ data }: EventOf<typeof Written>): Promise<void> {
    await this.sql.execute('INSERT INTO suite.read VALUES ($1)', [data.text]);
  }
}

// One connection per app: code that requests a second one while holding the first would deadlock.
describe('With one connection to PostgreSQL, a command', () => {
  let commands: Commands;

  const handlers = [WriteHandler, RunAllHandler, ExtendBothHandler, CountLinesHandler];
  const system = ownSystem([contextOf('suite', { handlers, subscribers: [Read] })], {
    DATABASE_POOL_SIZE: '1',
  });
  beforeAll(async () => {
    commands = system.inApi(Commands);
    await system.sql('CREATE SCHEMA suite');
    await system.sql('CREATE TABLE suite.line (text text NOT NULL, transaction text NOT NULL)');
    await system.sql('CREATE TABLE suite.read (text text NOT NULL)');
  });
  beforeEach(async () => {
    await eventually(async () => {
      const open = await system.sql(`SELECT 1 FROM messaging.event_delivery WHERE state = 'pending'`);
      return open.length === 0;
    });
    await system.sql('TRUNCATE suite.line, suite.read');
  });

  const texts = async (table: 'line' | 'read') =>
    (await system.sql<{ text: string }>(`SELECT text FROM suite.${table} ORDER BY text`)).map(
      ({ text }) => text,
    );

  async function transactions(): Promise<number> {
    return new Set(
      (await system.sql<{ id: string }>('SELECT transaction AS id FROM suite.line')).map(({ id }) => id),
    ).size;
  }

  it('returns the result of its handler after the commit', async () => {
    const id = await commands.execute(new Write('hello'));
    expect(await texts('line')).toEqual(['hello']);
    expect(await system.sql('SELECT 1 AS found FROM messaging.outbox WHERE subject = $1', [id])).toHaveLength(
      1,
    );
  });

  it('has its own transaction, and many concurrent ones all succeed, including their effects', async () => {
    const lines = Array.from({ length: 40 }, (_, each) => `line ${each}`).sort();
    // Eight at once: who waits too long for the one connection is refused.
    const rest = lines.values();
    const writer = async () => {
      for (const text of rest) await commands.execute(new Write(text));
    };
    await Promise.all(Array.from({ length: 8 }, writer));
    expect(await texts('line')).toEqual(lines);
    expect(await transactions()).toBe(40);
    await eventually(async () => (await texts('read')).length === 40);
    expect(await texts('read')).toEqual(lines);
  });

  it('inside another command joins its transaction', async () => {
    await commands.execute(new RunAll(['a', 'b', 'c'].map((text) => new Write(text))));
    expect(await texts('line')).toEqual(['a', 'b', 'c']);
    expect(await transactions()).toBe(1);
  });

  it('that is rejected changes nothing and raises no event, and neither does its outer command', async () => {
    const before = await system.sql('SELECT id FROM messaging.outbox ORDER BY id');
    await expect(commands.execute(new Write('rude'))).rejects.toMatchObject({ code: 'suite.unwelcome' });
    await expect(commands.execute(new RunAll([new Write('a'), new Write('rude')]))).rejects.toBeInstanceOf(
      Rejection,
    );
    expect(await texts('line')).toEqual([]);
    expect(await system.sql('SELECT id FROM messaging.outbox ORDER BY id')).toEqual(before);
  });

  it.each<[string, (command: ExtendBoth) => Command<void>, string]>([
    ['runs', (command) => command, 'suite.extend-both'],
    ['inside another command runs with it', (command) => new RunAll([command]), 'suite.run-all'],
  ])('%s again after a deadlock', async (_, wrapped, action) => {
    await system.sql(`INSERT INTO suite.line VALUES ('a', ''), ('b', '')`);
    const since = newId();
    let attempts = 0;
    const both = Promise.withResolvers<void>();
    const meet = () => {
      attempts += 1;
      if (attempts === 2) both.resolve();
      return both.promise;
    };
    await Promise.all([
      commands.execute(wrapped(new ExtendBoth(['a', 'b'], meet))),
      system.inWorker(Commands).execute(wrapped(new ExtendBoth(['b', 'a'], meet))),
    ]);
    expect(await system.sql('SELECT text, transaction FROM suite.line ORDER BY text')).toEqual([
      { text: 'a', transaction: '++' },
      { text: 'b', transaction: '++' },
    ]);
    const entries = await system.sql(
      'SELECT outcome FROM audit.entries WHERE action = $1 AND id > $2 ORDER BY outcome',
      [action, since],
    );
    expect(attempts).toBeGreaterThan(2);
    const failed = Array.from({ length: attempts - 2 }, () => ({ outcome: 'failed' }));
    expect(entries).toEqual([{ outcome: 'done' }, { outcome: 'done' }, ...failed]);
  });

  it('can change something, a query cannot', async () => {
    const queries = system.inApi(Queries);
    await commands.execute(new Write('hello'));
    expect(await queries.execute(new CountLines())).toBe(1);
    await expect(queries.execute(new CountLines(true))).rejects.toMatchObject({ code: '25006' });
    expect(await queries.execute(new CountLines())).toBe(1);
  });

  it('under an idempotency key commits with its record and its audit entry, or none of the three', async () => {
    const keys = system.inApi(IdempotencyKeys);
    const request = { scope: randomBytes(32), key: 'key', fingerprint: randomBytes(32) };
    const claim = async () => {
      const found = await keys.claim(request, true);
      if (found.state !== 'mine') throw new Error(`The key is ${found.state}.`);
      return found.claim;
    };
    const leaseEnds = () => system.sql('UPDATE platform.idempotency_keys SET leased_until = now()');
    const write = (under: Claim) => keys.under(under, () => commands.execute(new Write('once')));
    const entries = () =>
      system.sql(
        `SELECT outcome, code, xmin::text = (SELECT min(xmin::text) FROM platform.idempotency_keys) AS together
         FROM audit.entries WHERE action = 'suite.write' AND id > $1 ORDER BY id`,
        [before],
      );
    const before = newId();

    const stale = await claim();
    await leaseEnds();
    const first = await claim();
    await expect(write(stale)).rejects.toMatchObject({ code: 'resource.conflict' });
    expect(await texts('line')).toEqual([]);
    const refused = { outcome: 'rejected', code: 'resource.conflict', together: false };
    expect(await entries()).toEqual([refused]);

    const id = await write(first);
    expect(await texts('line')).toEqual(['once']);
    expect(await entries()).toEqual([refused, { outcome: 'done', code: null, together: true }]);
    await leaseEnds();
    expect(await write(await claim())).toBe(id);
    expect(await texts('line')).toEqual(['once']);
    expect(await entries()).toHaveLength(2);
  });

  it('is not repeated if its effect was recorded under a previous name, or under its class name', async () => {
    const keys = system.inApi(IdempotencyKeys);
    for (const former of ['suite.put-down', 'Write']) {
      const request = { scope: randomBytes(32), key: 'key', fingerprint: randomBytes(32) };
      const claim = async () => {
        const found = await keys.claim(request, true);
        if (found.state !== 'mine') throw new Error(`The key is ${found.state}.`);
        return found.claim;
      };
      await keys.under(await claim(), () =>
        keys.once<string>([former], (noted) => system.inApi(Transaction).run(() => noted(`by ${former}`))),
      );
      await system.sql('UPDATE platform.idempotency_keys SET leased_until = now()');
      const again = await keys.under(await claim(), () => commands.execute(new Write('once')));
      expect(again).toBe(`by ${former}`);
    }
    expect(await texts('line')).toEqual([]);
  });

  it('is rejected at startup without a name, and with a current or former name of another', async () => {
    class Scribble extends Command<void> {}
    @Audited('suite.put-down')
    class PutDown extends Command<void> {}
    @Audited('suite.write')
    class Type extends Command<void> {}
    const booting = (type: NestType) => {
      @CommandHandler(type as typeof Scribble)
      class Handler {
        async execute(): Promise<void> {}
      }
      return system.startWorker([contextOf('suite', { handlers: [WriteHandler, Handler] })]);
    };
    await expect(booting(Scribble)).rejects.toThrow("Scribble has no durable name: put @Audited('");
    await expect(booting(PutDown)).rejects.toThrow(
      'Two commands are named suite.put-down: Write and PutDown',
    );
    await expect(booting(Type)).rejects.toThrow('Two commands are named suite.write: Write and Type');
  });

  it('cannot write outside of its transaction', async () => {
    const { active } = system.inApi(Transaction);
    expect(active).toBe(false);
    await expect(system.inApi(Sql).execute('DELETE FROM suite.line')).rejects.toMatchObject({
      code: '25006',
    });
  });
});
