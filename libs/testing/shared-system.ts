import { readFileSync } from 'node:fs';
import { type SystemAddresses, TestSystem } from './system';

/** What the global setup knows about the system of a jest worker. */
export interface SharedAddresses extends SystemAddresses {
  fixturesUrl: string;
  logFile: string;
}

/** The system that all suites of one jest worker use one after the other; new accounts per test isolate them. */
export class SharedSystem extends TestSystem {
  private constructor(private readonly shared: SharedAddresses) {
    super(shared);
  }

  /** Connects to the system of this jest worker; the first suite starts it. */
  static async join(): Promise<SharedSystem> {
    const systems = process.env.ROOKERY_TEST_SYSTEMS_URL;
    if (!systems) throw new Error('Integration tests run in the jest projects "integration" and "e2e".');
    const answer = await fetch(`${systems}/${process.env.JEST_WORKER_ID ?? '1'}`, { method: 'POST' });
    if (!answer.ok) throw new Error(await answer.text());
    return new SharedSystem((await answer.json()) as SharedAddresses);
  }

  override async fixture<T>(name: string, args: object): Promise<T> {
    const answer = await fetch(`${this.shared.fixturesUrl}/${name}`, {
      method: 'POST',
      body: JSON.stringify(args),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T;
  }

  protected override logOf(requestId: string): string[] {
    const lines = readFileSync(this.shared.logFile, 'utf8').split('\n');
    return lines.filter((line) => line.includes(requestId));
  }

  /** Leaves the system to the next suite. */
  leave(): Promise<void> {
    return this.disconnect();
  }
}

/**
 * The system of this jest worker, connected before the tests of the `describe` that calls this.
 *
 * @returns the system, for use inside of tests and hooks
 */
export function sharedSystem(): TestSystem {
  let system: SharedSystem | undefined;
  let failure: unknown = new Error('The system is there in tests and hooks, not while they are declared.');
  beforeAll(async () => {
    system = await SharedSystem.join().catch((error: unknown) => {
      failure = error;
      throw error;
    });
  }, 60_000);
  afterAll(() => system?.leave());
  return new Proxy({} as TestSystem, {
    get(_, name) {
      if (!system) throw failure;
      const value = Reflect.get(system, name, system) as unknown;
      return typeof value === 'function' ? value.bind(system) : value;
    },
  });
}
