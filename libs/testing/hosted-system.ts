import { readFileSync } from 'node:fs';
import { inHooks } from './in-hooks';
import { post } from './post';
import { type Injected, type InjectedAnswer, type SystemAddresses, TestSystem } from './system';

/** Addresses of a system whose apps run in another process. */
export interface HostedAddresses extends SystemAddresses {
  /** URL for fixtures and injected requests. */
  hostUrl: string;
  /** URL to control its parts. */
  partsUrl: string;
  /** Log file of the process, and the offset in bytes where the lines of this system start. */
  logFile: string;
  logOffset: number;
}

/** Api and worker from the compiled code in the process of this jest worker's systems: suites that use them load no Nest. */
export class HostedSystem extends TestSystem {
  private constructor(private readonly hosted: HostedAddresses) {
    super(hosted);
  }

  /** Joins the system of this jest worker; the first suite starts it. */
  static join(): Promise<HostedSystem> {
    return HostedSystem.at('shared');
  }

  /** Starts a separate system for one suite. */
  static start(settings: Record<string, string>): Promise<HostedSystem> {
    return HostedSystem.at('private', settings);
  }

  private static async at(
    kind: 'shared' | 'private',
    settings: Record<string, string> = {},
  ): Promise<HostedSystem> {
    const systems = process.env.ROOKERY_TEST_SYSTEMS_URL;
    if (!systems) throw new Error('Integration tests run in the jest projects "integration" and "e2e".');
    return new HostedSystem(await post(`${systems}/${kind}/${process.env.JEST_WORKER_ID ?? '1'}`, settings));
  }

  override get logged(): readonly string[] {
    return readFileSync(this.hosted.logFile).subarray(this.hosted.logOffset).toString('utf8').split('\n');
  }

  override fixture<T>(name: string, args: object, where: 'api' | 'worker' = 'api'): Promise<T> {
    return post(`${this.hosted.hostUrl}/${name}@${where}`, args);
  }

  override redis(...command: (string | number)[]): Promise<unknown> {
    return post(`${this.hosted.partsUrl}/redis`, command);
  }

  /** Kills Redis; all its data is lost. Only for a system of the suite's own. */
  async killRedis(): Promise<void> {
    await post(`${this.hosted.partsUrl}/kill-redis`);
  }

  /** Starts Redis again, empty, at the same address, and waits until the api has connected to it. */
  async startRedisEmpty(): Promise<void> {
    await post(`${this.hosted.partsUrl}/start-redis`);
    await post(`${this.hosted.hostUrl}/redis-is-back`);
  }

  /** Stops the object storage; its objects are kept. Only for a system of the suite's own. */
  async stopStorage(): Promise<void> {
    await post(`${this.hosted.partsUrl}/stop-storage`);
  }

  /** Starts the object storage again at the same address. */
  async startStorage(): Promise<void> {
    await post(`${this.hosted.partsUrl}/start-storage`);
  }

  /** Closes the worker: no more events are relayed or delivered, and no schedules run. */
  async closeWorker(): Promise<void> {
    await post(`${this.hosted.hostUrl}/close-worker`);
  }

  /** Releases a shared system for the next suite. */
  leave(): Promise<void> {
    return this.disconnect();
  }

  /** Stops a system of the suite's own. */
  async stop(): Promise<void> {
    await this.disconnect();
    await post(`${this.hosted.partsUrl}/stop`);
  }

  protected override inject(request: Injected): Promise<InjectedAnswer> {
    return post(`${this.hosted.hostUrl}/inject`, request);
  }
}

/**
 * The system of this jest worker, which its suites use one after the other. Each suite creates new users, so that
 * suites do not affect each other.
 *
 * @returns the system, to be used inside of tests and hooks
 */
export function sharedSystem(): TestSystem {
  return inHooks(
    () => HostedSystem.join(),
    (system) => system.leave(),
  );
}

/**
 * A separate system for the calling suite, from the compiled code: for suites that need their own settings, break parts
 * or check all stored data.
 *
 * @param settings additional environment variables; a function if an earlier hook has to create them
 * @returns the system, to be used inside of tests and hooks
 */
export function privateSystem(
  settings: Record<string, string> | (() => Record<string, string>) = {},
): HostedSystem {
  return inHooks(
    () => HostedSystem.start(typeof settings === 'function' ? settings() : settings),
    (system) => system.stop(),
  );
}
