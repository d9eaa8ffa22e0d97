import pino, { type DestinationStream } from 'pino';

/** Characters that are written at once. */
const BLOCK_SIZE = 16_384;
/** Milliseconds that a line waits for others at most. */
const MAX_WAIT_MS = 100;

/**
 * Where the lines of the process go: standard output, each at once, and in blocks from {@link LogBuffer.begin} on. A
 * write is the most expensive part of a line. Blocks are written synchronously, so none is under way when the process
 * ends; what ends it without an `exit` event, which is SIGKILL and a crash of Node itself, takes the lines of the last
 * 100 ms with it.
 */
export class LogBuffer implements DestinationStream {
  private readonly output = pino.destination({ dest: 1, sync: true });
  private lines = '';
  private begun = false;
  private timer: NodeJS.Timeout | undefined;

  /** Call it once signals and uncaught errors end the process by `process.exit()`. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    process.on('exit', () => this.flushSync());
  }

  write(line: string): void {
    this.lines += line;
    if (!this.begun || this.lines.length >= BLOCK_SIZE) this.flushSync();
    else this.timer ??= setTimeout(() => this.flushSync(), MAX_WAIT_MS).unref();
  }

  /** Writes what waits; pino asks for it after a line that is fatal. */
  flushSync(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { lines } = this;
    this.lines = '';
    if (lines !== '') this.output.write(lines);
  }
}
