import type { EventDefinition, RaisedEvent } from './event';

/** What every aggregate's state carries. */
export interface AggregateState {
  /** UUIDv7. */
  id: string;
  /** Number of events so far: 0 for one that was never saved. */
  version: number;
}

/**
 * A consistency boundary: private state, methods named in the language of the context, an event for every change.
 * A change nobody hears of is no change: the repository refuses to save an aggregate that raised nothing.
 */
export abstract class Aggregate<State extends AggregateState> {
  private raised: RaisedEvent[] = [];
  /** The version that storage holds; 0 when it holds none. */
  readonly storedVersion: number;

  /** @param state as storage holds it, or that of a new aggregate with version 0 */
  constructor(protected readonly state: State) {
    this.storedVersion = state.version;
  }

  get id(): string {
    return this.state.id;
  }

  get version(): number {
    return this.state.version;
  }

  /** @returns the state to store. */
  snapshot(): Readonly<State> {
    return this.state;
  }

  /** @returns the events raised since the last call, oldest first, and forgets them. */
  takeEvents(): RaisedEvent[] {
    const events = this.raised;
    this.raised = [];
    return events;
  }

  /** Records that something happened; call it after the state was changed. */
  protected raise<Data>(definition: EventDefinition<Data>, data: Data): void {
    this.state.version += 1;
    this.raised.push({ definition, subject: this.id, sequence: this.state.version, data });
  }
}
