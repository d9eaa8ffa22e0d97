import pino, { type DestinationStream } from 'pino';

/** Buffered characters that trigger a write. */
const BLOCK_SIZE = 16_384;
/** Maximum milliseconds that a line stays in the buffer. */
const MAX_WAIT_MS = 100;

/**
 * Writes log lines to standard output: each line immediately, and in blocks after {@link LogBuffer.begin}, because the
 * write is the most expensive part of a line. Blocks are written synchronously, so no write is pending when the process
 * exits. If it ends without an `exit` event (SIGKILL, or a crash of Node), the lines of the last 100 ms are lost.
 */
export class LogBuffer implements DestinationStream {
  private readonly output = pino.destination({ dest: 1, sync: true });
  private lines = '';
  private begun = false;
  private timer: NodeJS.Timeout | undefined;

  /** Call it after handlers are installed that end the process with `process.exit()` on signals and uncaught errors. */
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

  /** Writes the buffered lines; pino calls it after a fatal line. */
  flushSync(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { lines } = this;
    this.lines = '';
    if (lines !== '') this.output.write(lines);
  }
}
