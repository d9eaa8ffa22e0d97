import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { hasEnded, leash, stopChild, waitFor } from '../../tools/parts/processes.mts';

/** An api or a worker as a separate process, with the same port after every restart. */
export class ProbeProcess {
  readonly name: string;
  readonly url: string;
  /** Unexpected exits of the process. */
  readonly surprises: string[] = [];
  private readonly script: string;
  private readonly env: Record<string, string>;
  private readonly logFile: string;
  private child: ChildProcess | undefined;
  private expected = false;

  constructor(options: {
    name: string;
    script: string;
    port: number;
    env: Record<string, string>;
    logFile: string;
  }) {
    this.name = options.name;
    this.url = `http://127.0.0.1:${options.port}`;
    this.script = options.script;
    this.env = options.env;
    this.logFile = options.logFile;
  }

  start(): void {
    const output = openSync(this.logFile, 'a');
    this.expected = false;
    const child = spawn(process.execPath, ['--enable-source-maps', this.script], {
      env: { PATH: process.env.PATH, ...this.env },
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    leash(child, 'TERM');
    this.child = child;
    child.once('exit', (code, signal) => {
      if (!this.expected) this.surprises.push(`${this.name} ended by itself (${signal ?? `code ${code}`}).`);
    });
  }

  /** Sends a signal that does not end it: SIGSTOP, SIGCONT. */
  send(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal);
  }

  async kill(): Promise<void> {
    this.expected = true;
    if (this.child) await stopChild(this.child, 'SIGKILL', 5_000);
  }

  /**
   * Requests a graceful shutdown.
   *
   * @returns its exit code and the duration in milliseconds; null if it had to be killed after 40 s
   */
  async end(): Promise<{ code: number | null; tookMs: number }> {
    this.expected = true;
    const started = performance.now();
    await stopChild(this.child!, 'SIGTERM', 40_000);
    return { code: this.child!.exitCode, tookMs: performance.now() - started };
  }

  get running(): boolean {
    return this.child !== undefined && !hasEnded(this.child);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Whether it reports that it is ready. */
  async ready(): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    await answer?.body?.cancel();
    return answer?.status === 200;
  }

  /** @throws Error with the end of its log if it is not ready in time */
  async untilReady(withinMs = 60_000): Promise<void> {
    if (await waitFor(() => this.ready(), withinMs, 50)) return;
    throw new Error(`${this.name} is not ready after ${withinMs} ms.\n${this.log().slice(-3_000)}`);
  }

  /** Its whole output. */
  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }
}
