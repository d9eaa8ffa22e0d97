import { readFileSync } from 'node:fs';
import { type SystemAddresses, TestSystem } from './system';

/** What the set-up of a run knows of the system of a jest worker. */
export interface SharedAddresses extends SystemAddresses {
  fixturesUrl: string;
  logFile: string;
}

/** The system that all suites of one jest worker use one after the other; people made afresh keep them apart. */
export class SharedSystem extends TestSystem {
  private constructor(private readonly shared: SharedAddresses) {
    super(shared);
  }

  /** Joins the system of this jest worker; the first suite that does starts it. */
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
 * The system of this jest worker, joined before the tests of the suite that calls this in its `describe`.
 *
 * @returns what can be used inside of tests and hooks
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
