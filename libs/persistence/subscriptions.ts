import { Injectable } from '@nestjs/common';

/** Who wants to hear of an event. */
export interface Subscription {
  /** Stable name, `<context>.<effect>`: the key of its rows in the ledger. */
  subscriber: string;
  /** Name of the queue that carries its work. */
  queue: string;
  /** Whether it must see the events of one subject in their order. */
  ordered: boolean;
}

/** Which subscribers each event has. Filled at boot from the contexts; both apps know all of them. */
@Injectable()
export class Subscriptions {
  private readonly byType = new Map<string, Subscription[]>();

  /** @param type of the event, or `*` for every one */
  add(type: string, subscription: Subscription): void {
    this.byType.set(type, [...(this.byType.get(type) ?? []), subscription]);
  }

  /** @returns the subscriptions to events of this type. */
  to(type: string): readonly Subscription[] {
    return [...(this.byType.get(type) ?? []), ...(this.byType.get('*') ?? [])];
  }
}
