import { type ChildProcess, spawn } from 'node:child_process';
import { leash, stopChild } from '../parts/processes.mts';
import type { AppLog } from './app-log.mts';

const FIRST_DELAY = 500;
const MAX_DELAY_MS = 15_000;
const STEADY = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** A process that is restarted whenever it dies, with a growing delay while it keeps dying. */
export class SupervisedApp {
  readonly name: string;
  /** number of deaths since it last ran for a minute */
  deaths = 0;
  private readonly script: string;
  private readonly env: Record<string, string>;
  private readonly log: AppLog;
  private readonly started: (pid: number) => void;
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  /**
   * @param options.script absolute path of the compiled entry
   * @param options.started called with the pid of every new process
   */
  constructor(options: {
    name: string;
    script: string;
    env: Record<string, string>;
    log: AppLog;
    started: (pid: number) => void;
  }) {
    this.name = options.name;
    this.script = options.script;
    this.env = options.env;
    this.log = options.log;
    this.started = options.started;
    process.on('exit', () => this.child?.kill('SIGKILL'));
  }

  start(): void {
    const born = Date.now();
    const child = spawn(process.execPath, [this.script], {
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Not reached by the terminal's Ctrl-C: the apps must be stopped before the servers that they use.
      detached: true,
    });
    this.child = child;
    this.log.take(child.stdout, 'info');
    this.log.take(child.stderr, 'error');
    if (child.pid) {
      leash(child, 'TERM');
      this.started(child.pid);
    }
    child.once('error', (error) => console.log(`! ${this.name} could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (this.child === child) this.revive(born, signal ?? `code ${code}`);
    });
  }

  /** Stops the process gracefully and restarts it immediately, from the current build. */
  async restart(): Promise<void> {
    clearTimeout(this.timer);
    const old = this.child;
    this.child = undefined;
    if (old) await stopChild(old, 'SIGTERM', STOP_TIMEOUT_MS);
    if (!this.stopping) this.start();
  }

  /** SIGTERM, then SIGKILL if necessary. The process is not restarted. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    if (this.child) await stopChild(this.child, 'SIGTERM', STOP_TIMEOUT_MS);
  }

  private revive(born: number, reason: string): void {
    if (this.stopping) return;
    if (Date.now() - born > STEADY) this.deaths = 0;
    const delay = Math.min(FIRST_DELAY * 2 ** this.deaths, MAX_DELAY_MS);
    this.deaths += 1;
    console.log(
      `! ${this.name} ended (${reason}), restarting in ${delay / 1000} s; its log: ${this.log.file}`,
    );
    this.timer = setTimeout(() => this.start(), delay);
  }
}
