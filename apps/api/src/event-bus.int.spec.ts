import {
  AggregateRoot,
  Command,
  CommandHandler,
  EventBus,
  EventPublisher,
  EventsHandler,
} from '@nestjs/cqrs';
import { Injectable } from '@nestjs/common';
import { Audited } from '@rookery/audit';
import { defineEvent, type EventOf, newId, occurred, type RaisedEvent } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { Sql, Transaction } from '@rookery/persistence';
import { eventually } from '@rookery/testing';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { z } from 'zod';
import { createApi } from './api';
import { Commands } from '@rookery/application';

const BellRung = defineEvent('bells.bell-rung', 1, z.object({ tune: z.string() }));

type How = 'awaited' | 'not awaited' | 'by an aggregate root' | 'as it may not be' | 'as a class of its own';

@Audited('bells.ring')
class Ring extends Command<void> {
  constructor(
    readonly id: string,
    readonly how: How,
  ) {
    super();
  }
}

class Bell extends AggregateRoot<RaisedEvent> {
  ring(id: string): void {
    this.apply(occurred(BellRung, { tune: 'first' }, id));
    this.apply(occurred(BellRung, { tune: 'second' }));
  }
}

class BellMelted {}

@CommandHandler(Ring)
class RingHandler {
  constructor(
    private readonly bus: EventBus,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ id, how }: Ring): Promise<void> {
    const event = occurred(BellRung, { tune: 'ding' }, id);
    if (how === 'awaited') await this.bus.publish(event);
    if (how === 'not awaited') void this.bus.publish(event);
    if (how === 'as it may not be') void this.bus.publish({ ...event, data: { tune: 1 } });
    if (how === 'as a class of its own') this.bus.publish(new BellMelted());
    if (how === 'by an aggregate root') {
      const bell = this.publisher.mergeObjectContext(new Bell());
      bell.ring(id);
      bell.commit();
    }
  }
}

@Subscriber('bells.write-down', BellRung, { queue: Queues.projections })
class WriteDown implements Handles<typeof BellRung> {
  constructor(private readonly sql: Sql) {}

  async handle({ subject, data }: EventOf<typeof BellRung>): Promise<void> {
    await this.sql.execute('INSERT INTO bells.heard VALUES ($1, $2)', [subject, data.tune]);
  }
}

describe('The event bus of @nestjs/cqrs', () => {
  const system = ownSystem([contextOf('bells', { handlers: [RingHandler], subscribers: [WriteDown] })]);
  beforeAll(async () => {
    await system.sql('CREATE SCHEMA bells');
    await system.sql('CREATE TABLE bells.heard (id uuid NOT NULL, tune text NOT NULL)');
  });

  const ring = (id: string, how: How) => system.inApi(Commands).execute(new Ring(id, how));
  const stored = (id: string) =>
    system.sql('SELECT type, data FROM messaging.outbox WHERE subject = $1', [id]);
  const heard = (id: string) => system.sql('SELECT tune FROM bells.heard WHERE id = $1', [id]);

  it.each<[How, string]>([
    ['awaited', 'ding'],
    ['not awaited', 'ding'],
    ['by an aggregate root', 'first'],
  ])('publishes to subscribers, %s', async (how, tune) => {
    const id = newId();
    await ring(id, how);
    expect(await stored(id)).toEqual([{ type: 'bells.bell-rung', data: { tune } }]);
    await eventually(async () => (await heard(id)).length > 0);
    expect(await heard(id)).toEqual([{ tune }]);
  });

  it('stores nothing when the command fails, not even events that were not awaited', async () => {
    const id = newId();
    const failing = system.inApi(Transaction).run(async () => {
      void system.inApi(EventBus).publish(occurred(BellRung, { tune: 'ding' }, id));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await stored(id)).toEqual([]);
  });

  it('fails the command whose event does not match its definition, although it is not awaited', async () => {
    await expect(ring(newId(), 'as it may not be')).rejects.toThrow(/expected string/);
  });

  it('refuses classes that no contract defines', async () => {
    await expect(ring(newId(), 'as a class of its own')).rejects.toThrow(
      'EventBus.publish accepts only events that are declared with defineEvent(), such as occurred(PostCreated, { … }); BellMelted is not declared.',
    );
  });

  it('refuses to publish outside of a transaction, and says why', () => {
    const publish = () => system.inApi(EventBus).publish(occurred(BellRung, { tune: 'lost' }));
    expect(publish).toThrow(
      /must be called inside a command or a subscriber: .* there is no transaction here/,
    );
  });

  it('rejects @EventsHandler() at startup, so that events cannot bypass the outbox', async () => {
    @EventsHandler(BellMelted)
    class HearInMemory {
      handle(): void {}
    }
    const api = await createApi([contextOf('bells', { providers: [HearInMemory] })]);
    await expect(api.init()).rejects.toThrow(
      'HearInMemory has @EventsHandler(), which loses its events when the process ends. Make it a @Subscriber(): docs/guides/from-nestjs-cqrs.md.',
    );
    await api.close();
  });

  it('ignores classes that are not handlers', async () => {
    @Injectable()
    class Plain {}
    const api = await createApi([contextOf('bells', { providers: [Plain] })]);
    await api.init();
    await api.close();
  });
});
