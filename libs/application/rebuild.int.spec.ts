import { defineEvent, newId, type EventEnvelope, type RaisedEvent } from '@rookery/domain';
import { Queues, type Rebuildable, Subscriber } from '@rookery/messaging';
import { Sql } from '@rookery/persistence';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { Rebuild } from './rebuild';

const BellRung = defineEvent('rebuilding.bell-rung', 1, z.object({}));

/** A projection of the ids of bells that fails as often as the suite says. */
@Subscriber('probe.keep-bells', BellRung, { queue: Queues.projections })
class KeepBells implements Rebuildable {
  static bells: string[] = [];
  static wrong: string[] = [];
  static failures = new Map<string, number>();

  constructor(private readonly sql: Sql) {}

  async handle({ subject }: EventEnvelope): Promise<void> {
    await this.sql.execute('INSERT INTO public.bells VALUES ($1)', [subject]);
    const left = KeepBells.failures.get(subject) ?? 0;
    KeepBells.failures.set(subject, left - 1);
    if (left > 0) throw new Error('Out of tune.');
  }

  async sweep(after: string | null): Promise<string | null> {
    const part = Number(after ?? 0) + 1;
    await this.sql.execute('DELETE FROM public.bells WHERE id = $1', [KeepBells.wrong[part - 1]]);
    const left = KeepBells.failures.get('sweep') ?? 0;
    KeepBells.failures.set('sweep', left - 1);
    if (left > 0) throw new Error('Out of tune.');
    return part < KeepBells.wrong.length ? String(part) : null;
  }

  async *replay(): AsyncIterable<readonly RaisedEvent[]> {
    yield KeepBells.bells.map((subject) => ({ definition: BellRung, subject, sequence: 1, data: {} }));
  }
}

describe('A rebuild', () => {
  const system = ownSystem([contextOf('probe', { subscribers: [KeepBells] })]);
  beforeAll(async () => {
    await system.sql('CREATE TABLE public.bells (id uuid)');
  });
  beforeEach(async () => {
    await system.sql('DELETE FROM public.bells');
    KeepBells.bells = Array.from({ length: 50 }, () => newId());
    KeepBells.wrong = [newId(), newId(), newId()];
    KeepBells.failures.clear();
  });

  const rebuild = () => system.inWorker(Rebuild).run('probe.keep-bells');
  const kept = async () =>
    (await system.sql<{ id: string }>('SELECT id FROM public.bells')).map(({ id }) => id).sort();

  it('handles each event once, even if one of them fails at first', async () => {
    KeepBells.failures.set(KeepBells.bells[30]!, 3);
    expect(await rebuild()).toEqual({ events: 50 });
    expect(await kept()).toEqual(KeepBells.bells.toSorted());
  });

  it('sweeps batch by batch until the end, even if one of them fails at first', async () => {
    await system.sql('INSERT INTO public.bells SELECT unnest($1::uuid[])', [KeepBells.wrong]);
    KeepBells.failures.set('sweep', 3);
    await rebuild();
    expect(await kept()).toEqual(KeepBells.bells.toSorted());
  });

  it('fails with the error of an event that cannot be handled', async () => {
    KeepBells.failures.set(KeepBells.bells[30]!, 1_000);
    await expect(rebuild()).rejects.toThrow('Out of tune.');
    expect(await kept()).toEqual(KeepBells.bells.slice(0, 30).toSorted());
  });
});
