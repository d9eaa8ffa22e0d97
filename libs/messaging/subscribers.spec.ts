import type { Type } from '@nestjs/common';
import { defineEvent, noteFile } from '@rookery/domain';
import { Subscriptions } from '@rookery/persistence';
import { z } from 'zod';
import { type AnySubscriber, type QueueDefinition, Queues, Subscriber, Subscribers } from '.';

const Rained = defineEvent('suite.rained', 1, z.object({}));
const Stormed = defineEvent('suite.stormed', 1, z.object({}));
const StormedHeavily = defineEvent('suite.stormed', 2, z.object({ knots: z.number() }));
const Snowed = defineEvent('suite.snowed', 1, z.object({}));

function subscriber(
  className: string,
  ...[name, events, options]: Parameters<typeof Subscriber>
): Type<AnySubscriber> {
  const type = { [className]: class {} }[className]!;
  Subscriber(name, events, options)(type);
  return type as Type<AnySubscriber>;
}

describe('Registering a subscriber', () => {
  let subscriptions: Subscriptions;
  let subscribers: Subscribers;

  beforeEach(() => {
    subscriptions = new Subscriptions();
    subscribers = new Subscribers(subscriptions);
  });

  it('subscribes it to each of its events under its context and effect', () => {
    subscribers.register(
      subscriber('FillRainBarrel', 'garden.fill-rain-barrel', [Rained, Snowed], {
        queue: Queues.mail,
        ordered: true,
      }),
    );
    const subscription = { subscriber: 'garden.fill-rain-barrel', queue: 'mail', ordered: true };
    expect(subscriptions.to('suite.rained')).toEqual([subscription]);
    expect(subscriptions.to('suite.snowed')).toEqual([subscription]);
    expect(subscribers.all().map(({ name }) => name)).toEqual(['garden.fill-rain-barrel']);
  });

  it('subscribes it once to an event of which it takes several versions', () => {
    subscribers.register(
      subscriber('FillRainBarrel', 'garden.fill-rain-barrel', [Stormed, StormedHeavily], {
        queue: Queues.mail,
      }),
    );
    expect(subscriptions.to('suite.stormed')).toHaveLength(1);
  });

  it('refuses two of one name', () => {
    subscribers.register(
      subscriber('FillRainBarrel', 'garden.fill-rain-barrel', Rained, { queue: Queues.mail }),
    );
    const second = subscriber('FillRainBarrel', 'garden.fill-rain-barrel', Snowed, { queue: Queues.mail });
    expect(() => subscribers.register(second)).toThrow('Two subscribers are named garden.fill-rain-barrel');
    const third = subscriber('FillRainBarrel', 'street.fill-rain-barrel', Snowed, { queue: Queues.mail });
    expect(() => subscribers.register(third)).not.toThrow();
  });

  it.each<[string, QueueDefinition | undefined]>([
    ['that nobody declared', { ...Queues.mail, name: 'pigeon' }],
    ['that only looks declared', { ...Queues.mail }],
    ['that is undefined', undefined],
  ])('refuses a queue %s', (_, queue) => {
    const type = subscriber('FillRainBarrel', 'garden.fill-rain-barrel', Rained, { queue: queue! });
    expect(() => subscribers.register(type)).toThrow('uses a queue that is not declared');
  });

  it('refuses an undefined event', () => {
    const forged = { ...Rained };
    for (const event of [forged, undefined!]) {
      const type = subscriber('FillRainBarrel', 'garden.fill-rain-barrel', [event], { queue: Queues.mail });
      expect(() => subscribers.register(type)).toThrow('subscribes to an event that is not defined');
    }
  });

  it('refuses one that does not take every version of its events, and says what to do', () => {
    const type = subscriber('FillRainBarrel', 'garden.fill-rain-barrel', Stormed, { queue: Queues.mail });
    noteFile(type, 'garden/fill-rain-barrel.ts');
    expect(() => subscribers.register(type)).toThrow(
      'Subscriber garden.fill-rain-barrel does not handle version 2 of suite.stormed: add it to the events in ' +
        '@Subscriber() of FillRainBarrel (garden/fill-rain-barrel.ts).',
    );
  });

  it('refuses one that handles an event that it has retired', () => {
    const type = subscriber('FillRainBarrel', 'garden.fill-rain-barrel', [Rained, Snowed], {
      queue: Queues.mail,
      retired: [Snowed],
    });
    expect(() => subscribers.register(type)).toThrow(
      'Subscriber garden.fill-rain-barrel handles suite.snowed, which it lists as retired.',
    );
  });

  it('refuses one whose previous name is the name of another', () => {
    subscribers.register(
      subscriber('FillRainBarrel', 'garden.fill-rain-barrel', Rained, { queue: Queues.mail }),
    );
    const second = subscriber('FillBarrel', 'garden.fill-barrel', Rained, {
      queue: Queues.mail,
      formerly: ['garden.fill-rain-barrel'],
    });
    expect(() => subscribers.register(second)).toThrow(
      'Two subscribers are named garden.fill-rain-barrel: FillRainBarrel and FillBarrel',
    );
  });

  it('uses the retry policy of the queue, except for its own overrides', () => {
    const { attempts, backoff, timeout } = Queues.mail;
    subscribers.register(subscriber('Sprinkle', 'garden.sprinkle', Rained, { queue: Queues.mail }));
    subscribers.register(
      subscriber('FillRainBarrel', 'garden.fill-rain-barrel', Rained, { queue: Queues.mail, attempts: 2 }),
    );
    expect(subscribers.get('garden.sprinkle')!.policy).toEqual({ attempts, backoff, timeout });
    expect(subscribers.get('garden.fill-rain-barrel')!.policy).toEqual({ attempts: 2, backoff, timeout });
  });

  it('refuses a class that is no subscriber', () => {
    class Passer {}
    expect(() => subscribers.register(Passer as never)).toThrow('Passer is not a subscriber');
  });
});
