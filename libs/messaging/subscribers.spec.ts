import type { Type } from '@nestjs/common';
import { defineEvent } from '@rookery/domain';
import { Subscriptions } from '@rookery/persistence';
import { z } from 'zod';
import { type AnySubscriber, type QueueDefinition, Queues, Subscriber, Subscribers } from '.';

const Rained = defineEvent('suite.rained', 1, z.object({}));
const RainedHeavily = defineEvent('suite.rained', 2, z.object({ mm: z.number() }));
const Snowed = defineEvent('suite.snowed', 1, z.object({}));

function subscriber(name: string, ...[events, options]: Parameters<typeof Subscriber>): Type<AnySubscriber> {
  const type = { [name]: class {} }[name]!;
  Subscriber(events, options)(type);
  return type as Type<AnySubscriber>;
}

describe('Making a subscriber known', () => {
  let subscriptions: Subscriptions;
  let subscribers: Subscribers;

  beforeEach(() => {
    subscriptions = new Subscriptions();
    subscribers = new Subscribers(subscriptions);
  });

  it('subscribes it to each of its events under its context and effect', () => {
    subscribers.register(
      'garden',
      subscriber('FillRainBarrel', [Rained, Snowed], { queue: Queues.mail, ordered: true }),
    );
    const subscription = { subscriber: 'garden.fill-rain-barrel', queue: 'mail', ordered: true };
    expect(subscriptions.to('suite.rained')).toEqual([subscription]);
    expect(subscriptions.to('suite.snowed')).toEqual([subscription]);
    expect(subscribers.all().map(({ name }) => name)).toEqual(['garden.fill-rain-barrel']);
  });

  it('subscribes it once to an event of which it takes several versions', () => {
    subscribers.register(
      'garden',
      subscriber('FillRainBarrel', [Rained, RainedHeavily], { queue: Queues.mail }),
    );
    expect(subscriptions.to('suite.rained')).toHaveLength(1);
  });

  it('refuses two of one name', () => {
    subscribers.register('garden', subscriber('FillRainBarrel', Rained, { queue: Queues.mail }));
    const second = subscriber('FillRainBarrel', Snowed, { queue: Queues.mail });
    expect(() => subscribers.register('garden', second)).toThrow(
      'two subscribers named garden.fill-rain-barrel',
    );
    expect(() => subscribers.register('street', second)).not.toThrow();
  });

  it.each<[string, QueueDefinition | undefined]>([
    ['that nobody declared', { ...Queues.mail, name: 'pigeon' }],
    ['that only looks declared', { ...Queues.mail }],
    ['that is undefined', undefined],
  ])('refuses a queue %s', (_, queue) => {
    const type = subscriber('FillRainBarrel', Rained, { queue: queue! });
    expect(() => subscribers.register('garden', type)).toThrow('names a queue that is not declared');
  });

  it('refuses an event that nobody defined', () => {
    const forged = { ...Rained };
    for (const event of [forged, undefined!]) {
      const type = subscriber('FillRainBarrel', [event], { queue: Queues.mail });
      expect(() => subscribers.register('garden', type)).toThrow('reacts to an event nobody defined');
    }
  });

  it('refuses a class that is no subscriber', () => {
    class Passer {}
    expect(() => subscribers.register('garden', Passer as never)).toThrow('Passer is no subscriber');
  });
});
