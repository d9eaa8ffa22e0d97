import { Injectable } from '@nestjs/common';

const CHECK_TIMEOUT_MS = 2_000;
const FRESH_MS = 1_000;
/**
 * More than one failed check: otherwise a short failure of a shared dependency would take all nodes out of the load
 * balancer at once.
 */
const FAILURES_UNTIL_UNREADY = 3;

/** State of one dependency. */
export interface DependencyHealth {
  status: 'up' | 'degraded' | 'down';
  /** Duration of the last check in milliseconds. */
  latencyMs: number;
  detail?: string;
}

/** Resolves if the dependency works, with `degraded` if it works badly; rejects if it does not. */
export type Check = () => Promise<void | { degraded: string }>;

/** What happens if a dependency is down. */
export interface Importance {
  /** If true, `/healthz` is 503 without it; otherwise `/healthz` is degraded. */
  critical: boolean;
  /**
   * `always`: `/readyz` is 503 without it. `once`: only until it was available for the first time, because requests are
   * still served without it, and a failure of a shared dependency must not take all nodes out of the load balancer.
   */
  ready: 'always' | 'once' | 'never';
}

class Dependency {
  health: DependencyHealth = { status: 'down', latencyMs: 0, detail: 'not checked yet' };
  private checkedAt = -Infinity;
  private running: Promise<void> | undefined;
  private failures = 0;
  private succeeded = false;

  constructor(
    readonly name: string,
    private readonly check: Check,
    readonly importance: Importance,
  ) {}

  get ready(): boolean {
    return this.succeeded && (this.importance.ready === 'once' || this.failures < FAILURES_UNTIL_UNREADY);
  }

  get started(): boolean {
    return this.succeeded;
  }

  /** Checks again unless the last result is less than a second old; concurrent callers share one check. */
  refresh(): Promise<void> {
    if (performance.now() - this.checkedAt < FRESH_MS) return Promise.resolve();
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  private async run(): Promise<void> {
    const started = performance.now();
    try {
      const outcome = await withinTime(this.check(), CHECK_TIMEOUT_MS);
      this.failures = 0;
      this.succeeded = true;
      this.health = outcome
        ? { status: 'degraded', latencyMs: since(started), detail: outcome.degraded }
        : { status: 'up', latencyMs: since(started) };
    } catch (error) {
      this.failures += 1;
      this.health = { status: 'down', latencyMs: since(started), detail: inOwnWords(error) };
    }
    this.checkedAt = performance.now();
  }
}

/** The checks behind the probes: every lib and context registers its dependencies. */
@Injectable()
export class HealthChecks {
  private readonly known = new Map<string, Dependency>();
  private readonly heartbeats = new Map<string, { maxAgeMs: number; lastBeat: number }>();

  /**
   * @param name as shown in `/healthz`: `postgres`
   * @param check times out after 2 s
   * @throws Error if the name is taken
   */
  addDependency(name: string, check: Check, importance: Importance): void {
    if (this.known.has(name)) throw new Error(`The health check ${name} is registered twice.`);
    this.known.set(name, new Dependency(name, check, importance));
  }

  /**
   * Registers a loop that must keep running: `/livez` fails if its last heartbeat is too old.
   *
   * @param maxAgeMs maximum milliseconds between two heartbeats; registering counts as the first
   * @returns a function that records a heartbeat
   */
  addHeartbeat(name: string, maxAgeMs: number): () => void {
    const heartbeat = { maxAgeMs, lastBeat: performance.now() };
    this.heartbeats.set(name, heartbeat);
    return () => {
      heartbeat.lastBeat = performance.now();
    };
  }

  /** @returns the names of the loops whose last heartbeat is too old. */
  silentHeartbeats(): string[] {
    const now = performance.now();
    return [...this.heartbeats].flatMap(([name, { maxAgeMs, lastBeat }]) =>
      now - lastBeat > maxAgeMs ? [name] : [],
    );
  }

  /** Checks all dependencies in parallel. */
  async dependencies(): Promise<readonly Readonly<Dependency>[]> {
    const all = [...this.known.values()];
    await Promise.all(all.map((dependency) => dependency.refresh()));
    return all;
  }

  /** Checks the dependencies of readiness, in parallel. */
  async readiness(): Promise<readonly Readonly<Dependency>[]> {
    const needed = [...this.known.values()].filter(({ importance }) => importance.ready !== 'never');
    await Promise.all(needed.map((dependency) => dependency.refresh()));
    return needed;
  }
}

function since(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10;
}

class TimedOut extends Error {}

async function withinTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Error messages of libraries contain hosts, users and statements; their codes do not. */
function inOwnWords(error: unknown): string {
  if (error instanceof TimedOut) return `no response within ${CHECK_TIMEOUT_MS} ms`;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[A-Z0-9_]{3,40}$/.test(code) ? `fails with ${code}` : 'fails';
}
