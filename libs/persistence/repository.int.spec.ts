import { Aggregate, defineEvent, defineRejection, newId } from '@rookery/domain';
import { TestLedger } from '@rookery/testing/ledger';
import { EntitySchema } from 'typeorm';
import { z } from 'zod';
import { Outbox, Repository, Sql, type StoredAs, Transaction } from '.';

const CounterOpened = defineEvent('suite.counter-opened', 1, z.object({ name: z.string() }));
const CounterRaised = defineEvent('suite.counter-raised', 1, z.object({ value: z.number() }));
const NameTaken = defineRejection('suite.name-taken', 'conflict', 'TakenTokens.', 'Choose another.');

interface CounterState {
  id: string;
  version: number;
  name: string;
  value: number;
}

class Counter extends Aggregate<CounterState> {
  static open(name: string): Counter {
    const counter = new Counter({ id: newId(), version: 0, name, value: 0 });
    counter.raise(CounterOpened, { name });
    return counter;
  }

  increment(): void {
    this.state.value += 1;
    this.raise(CounterRaised, { value: this.state.value });
  }
}

const counterSchema = new EntitySchema<CounterState>({
  name: 'Counter',
  schema: 'suite',
  tableName: 'counter',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    name: { type: 'text' },
    value: { type: 'int' },
  },
});

class Counters extends Repository<CounterState, Counter> {
  protected readonly storedAs: StoredAs<CounterState, Counter> = {
    schema: counterSchema,
    restore: (state) => new Counter(state),
    unique: { counter_name_key: NameTaken },
  };
}

describe('A repository', () => {
  let ledger: TestLedger;
  let counters: Counters;

  beforeAll(async () => {
    ledger = await TestLedger.start({ schemas: [counterSchema] });
    counters = new Counters(ledger.get(Transaction), ledger.get(Sql), ledger.get(Outbox));
    await ledger.sql('CREATE SCHEMA suite');
    await ledger.sql(`CREATE TABLE suite.counter (id uuid PRIMARY KEY, version int NOT NULL, value int NOT NULL,
      name text NOT NULL CONSTRAINT counter_name_key UNIQUE)`);
  });
  afterAll(() => ledger.stop());

  async function opened(): Promise<Counter> {
    const counter = Counter.open(`counter ${newId()}`);
    await ledger.run(() => counters.save(counter));
    return counter;
  }

  const read = (id: string) => ledger.run(async () => (await counters.get(id)).snapshot());
  const eventsOf = (id: string) =>
    ledger.sql('SELECT type, sequence, data FROM messaging.outbox WHERE subject = $1 ORDER BY id', [id]);

  /** Loads, waits for all the others to have loaded, then changes. */
  function incrementTogether(id: string, times: number): Promise<PromiseSettledResult<void>[]> {
    let waiting = times;
    let go: (() => void) | undefined;
    const everybodyLoaded = new Promise<void>((resolve) => (go = resolve));
    return Promise.allSettled(
      Array.from({ length: times }, () =>
        ledger.run(async () => {
          const counter = await counters.get(id);
          waiting -= 1;
          if (waiting === 0) go!();
          await everybodyLoaded;
          counter.increment();
          await counters.save(counter);
        }),
      ),
    );
  }

  it('loads and stores many with a statement for each step, and none where one was changed meanwhile', async () => {
    const [one, two] = [await opened(), await opened()];
    const ids = [two.id, newId(), one.id];
    const load = () => counters.findAll(ids, {}, true);
    const added = Counter.open(`counter ${newId()}`);
    await ledger.run(async () => {
      const found = await load();
      expect(found.map(({ id }) => id)).toEqual([one.id, two.id].sort());
      for (const each of found) each.increment();
      await counters.saveAll([...found, added]);
    });
    expect(await read(one.id)).toMatchObject({ version: 2, value: 1 });
    expect(await read(added.id)).toEqual(added.snapshot());
    expect(await eventsOf(two.id)).toMatchObject([
      { type: 'suite.counter-opened', sequence: 1 },
      { type: 'suite.counter-raised', sequence: 2 },
    ]);
    expect(await ledger.run(() => counters.findAll(ids, { value: 7 }, false))).toEqual([]);

    const stale = await ledger.run(load);
    await ledger.run(async () => {
      const fresh = await counters.getLocked(two.id);
      fresh.increment();
      await counters.save(fresh);
    });
    for (const each of stale) each.increment();
    await expect(ledger.run(() => counters.saveAll(stale))).rejects.toMatchObject({
      code: 'resource.conflict',
    });
    expect(await read(one.id)).toMatchObject({ value: 1 });
    const { name } = one.snapshot();
    await expect(ledger.run(() => counters.saveAll([Counter.open(name)]))).rejects.toMatchObject({
      code: 'suite.name-taken',
    });
  });

  it('returns what was saved, by id and by field values', async () => {
    const counter = await opened();
    expect(await read(counter.id)).toEqual({
      id: counter.id,
      version: 1,
      name: counter.snapshot().name,
      value: 0,
    });
    const found = await ledger.run(() => counters.find({ name: counter.snapshot().name }));
    expect(found?.id).toBe(counter.id);
    expect(await ledger.run(() => counters.find({ name: 'nobody' }))).toBeUndefined();
  });

  it('says that there is no such aggregate', async () => {
    await expect(ledger.run(() => counters.get(newId()))).rejects.toMatchObject({
      code: 'resource.not-found',
    });
  });

  it('stores as version the number of events, and the events numbered without gaps', async () => {
    const { id } = await opened();
    for (let change = 0; change < 2; change += 1) {
      await ledger.run(async () => {
        const counter = await counters.get(id);
        counter.increment();
        counter.increment();
        await counters.save(counter);
      });
    }
    expect(await read(id)).toMatchObject({ version: 5, value: 4 });
    expect(await eventsOf(id)).toEqual([
      { type: 'suite.counter-opened', sequence: 1, data: { name: expect.any(String) } },
      ...[1, 2, 3, 4].map((value) => ({
        type: 'suite.counter-raised',
        sequence: value + 1,
        data: { value },
      })),
    ]);
  });

  it('rejects all but one of those who change the same version, and stores nothing of theirs', async () => {
    const { id } = await opened();
    const outcomes = await incrementTogether(id, 5);
    const lost = outcomes.filter((each) => each.status === 'rejected').map(({ reason }) => reason);
    expect(lost.map(({ code }) => code)).toEqual(Array(4).fill('resource.conflict'));
    expect(await read(id)).toMatchObject({ version: 2, value: 1 });
    expect(await eventsOf(id)).toHaveLength(2);
  });

  it('serializes access to a locked aggregate, so that no update is lost', async () => {
    const { id } = await opened();
    const increment = () =>
      ledger.run(async () => {
        const counter = await counters.getLocked(id);
        counter.increment();
        await counters.save(counter);
      });
    await Promise.all(Array.from({ length: 5 }, increment));
    expect(await read(id)).toMatchObject({ version: 6, value: 5 });
    await expect(ledger.run(() => counters.getLocked(newId()))).rejects.toMatchObject({
      code: 'resource.not-found',
    });
  });

  it('counts two increments at once as two when the loser tries again', async () => {
    const { id } = await opened();
    for (let left = 2; left > 0;) {
      const outcomes = await incrementTogether(id, left);
      left = outcomes.filter(({ status }) => status === 'rejected').length;
    }
    expect(await read(id)).toMatchObject({ version: 3, value: 2 });
  });

  it('throws the declared rejection for a violated unique constraint', async () => {
    const { name } = (await opened()).snapshot();
    const twin = Counter.open(name);
    await expect(ledger.run(() => counters.save(twin))).rejects.toMatchObject({ code: 'suite.name-taken' });
    expect(await eventsOf(twin.id)).toEqual([]);
  });

  it('also does so when a later statement of the transaction fails because of it', async () => {
    const { name } = (await opened()).snapshot();
    const saving = ledger.run(async () => {
      await counters.save(Counter.open(name));
      await counters.find({ name });
    });
    await expect(saving).rejects.toMatchObject({ code: 'suite.name-taken' });
  });

  it('refuses to save a change without an event', async () => {
    const { id } = await opened();
    const saving = ledger.run(async () => counters.save(await counters.get(id)));
    await expect(saving).rejects.toThrow(`Counter ${id} raised no event.`);
  });

  it('removes the row and keeps the last event', async () => {
    const { id } = await opened();
    await ledger.run(async () => {
      const counter = await counters.get(id);
      counter.increment();
      await counters.remove(counter);
    });
    await expect(read(id)).rejects.toMatchObject({ code: 'resource.not-found' });
    expect(await eventsOf(id)).toHaveLength(2);
  });

  it('does not remove what somebody changed in the meantime', async () => {
    const { id } = await opened();
    const stale = await ledger.run(() => counters.get(id));
    await incrementTogether(id, 1);
    stale.increment();
    await expect(ledger.run(() => counters.remove(stale))).rejects.toMatchObject({
      code: 'resource.conflict',
    });
    expect(await read(id)).toMatchObject({ version: 2 });
  });

  it('works only in a transaction', async () => {
    await expect(counters.save(Counter.open('outside'))).rejects.toThrow('There is no transaction here');
    await expect(ledger.get(Sql).execute('DELETE FROM suite.counter')).rejects.toThrow(
      'This DELETE is in a read-only transaction: only commands and subscribers can change data.',
    );
  });
});
