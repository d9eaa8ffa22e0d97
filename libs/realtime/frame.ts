import { frameId } from './frame-id';

/** A frame as clients receive it: `{ id, type, occurredAt, payload }`. */
export class Frame {
  private wire: string | undefined;

  /**
   * @param seq number in the stream of the user; frames that are not stored have the number of the latest stored frame
   * @param json the payload
   */
  constructor(
    private readonly userId: string,
    readonly seq: number,
    readonly type: string,
    readonly occurredAt: Date,
    private readonly json: string,
  ) {}

  /** UUIDv7. A client that reconnects with it gets the later frames. */
  get id(): string {
    return frameId(this.userId, this.seq, this.occurredAt);
  }

  get payload(): unknown {
    return JSON.parse(this.json);
  }

  /** As JSON, serialized once for all sockets. */
  get text(): string {
    this.wire ??= `{"id":"${this.id}","type":"${this.type}","occurredAt":"${this.occurredAt.toISOString()}","payload":${this.json}}`;
    return this.wire;
  }
}
