import { RequestRefused } from './problem';
import { Problems } from './problems';

/** Files that may be in memory as a whole at once, if each has the maximum size: four of 10 MB fit into a small container. */
const MAX_WHOLE_FILES = 4;

/** A file, as far as it has arrived. */
export interface HeldFile {
  caller: string;
  maxBytes: number;
  bytes: number;
  closed: boolean;
}

/** The files that are in memory as a whole, so that they do not fill it. A caller can hold one of the maximum size. */
export class HeldFiles {
  private bytes = 0;
  private readonly byCaller = new Map<string, number>();

  /**
   * @param caller id of the user, or an IP address
   * @param maxBytes maximum size of a file
   */
  open(caller: string, maxBytes: number): HeldFile {
    return { caller, maxBytes, bytes: 0, closed: false };
  }

  /**
   * Counts what has arrived.
   *
   * @throws RequestRefused 503 if the file does not fit any more
   */
  add(file: HeldFile, bytes: number): void {
    if (file.closed) return; // the response was sent before all of the body arrived
    const { caller, maxBytes } = file;
    const ofCaller = (this.byCaller.get(caller) ?? 0) + bytes;
    if (ofCaller > maxBytes || this.bytes + bytes > MAX_WHOLE_FILES * maxBytes)
      throw new RequestRefused(Problems.dependencyUnavailable, {
        detail: 'Too many files with an Idempotency-Key are being read.',
        retryAfterSeconds: 1,
      });
    this.count(file, bytes);
  }

  /** Call it when the response is sent, or the client is gone. */
  close(file: HeldFile): void {
    this.count(file, -file.bytes);
    file.closed = true;
  }

  private count(file: HeldFile, bytes: number): void {
    file.bytes += bytes;
    this.bytes += bytes;
    const ofCaller = (this.byCaller.get(file.caller) ?? 0) + bytes;
    if (ofCaller > 0) this.byCaller.set(file.caller, ofCaller);
    else this.byCaller.delete(file.caller);
  }
}
