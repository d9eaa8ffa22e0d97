import { Injectable } from '@nestjs/common';

/** The part of a stored event that decides which subscribers get it. */
export interface OccurringEvent {
  type: string;
  version: number;
  subject: string;
  actorId: string | null;
  data: unknown;
}

/** A subscription of a subscriber to an event. */
export interface Subscription {
  /** Stable name, `<context>.<effect>`: the key of its rows in the ledger. */
  subscriber: string;
  /** Name of its queue. */
  queue: string;
  /** Whether it must receive the events of one subject in order. */
  ordered: boolean;
  /**
   * @returns keys of an event. It is delivered only if one of them is registered in `Interests`. Without this function
   *   it is always delivered
   */
  interest?: (event: OccurringEvent) => readonly string[];
}

/** The subscribers of each event. Filled at boot from the contexts; both apps register all of them. */
@Injectable()
export class Subscriptions {
  private readonly byType = new Map<string, Subscription[]>();

  /** @param type of the event, or `*` for all events */
  add(type: string, subscription: Subscription): void {
    this.byType.set(type, [...(this.byType.get(type) ?? []), subscription]);
  }

  /** @returns the subscriptions to events of this type. */
  to(type: string): readonly Subscription[] {
    return [...(this.byType.get(type) ?? []), ...(this.byType.get('*') ?? [])];
  }
}
