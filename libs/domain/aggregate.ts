import type { EventDefinition, RaisedEvent } from './event';

/** Fields of every aggregate's state. */
export interface AggregateState {
  /** UUIDv7. */
  id: string;
  /** Number of events so far: 0 for an aggregate that was never saved. */
  version: number;
}

/**
 * A consistency boundary: private state, methods named in the language of the context, an event for every change. Every
 * change must raise an event: the repository refuses to save an aggregate that raised none.
 */
export abstract class Aggregate<State extends AggregateState> {
  private raised: RaisedEvent[] = [];
  /** The stored version; 0 if it is not stored. */
  readonly storedVersion: number;

  /** @param state as stored, or of a new aggregate with version 0 */
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

  /** @returns the events raised since the last call, oldest first, and clears them. */
  takeEvents(): RaisedEvent[] {
    const events = this.raised;
    this.raised = [];
    return events;
  }

  /** Records an event; call it after changing the state. */
  protected raise<Data>(definition: EventDefinition<Data>, data: Data): void {
    this.state.version += 1;
    this.raised.push({ definition, subject: this.id, sequence: this.state.version, data });
  }
}
