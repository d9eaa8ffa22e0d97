import { readFileSync } from 'node:fs';
import { inHooks } from './in-hooks';
import { post } from './post';
import { type Injected, type InjectedAnswer, type SystemAddresses, TestSystem } from './system';

/** Where a system is reached whose apps run in another process. */
export interface HostedAddresses extends SystemAddresses {
  /** Of fixtures and requests that are injected. */
  hostUrl: string;
  /** Of what breaks its parts. */
  partsUrl: string;
  /** Of the process, and where in it the lines of this system begin, in bytes. */
  logFile: string;
  logOffset: number;
}

/** Api and worker from the compiled code in the process of this jest worker's systems: suites that use them load no Nest. */
export class HostedSystem extends TestSystem {
  private constructor(private readonly hosted: HostedAddresses) {
    super(hosted);
  }

  /** Joins the system of this jest worker; the first suite that does starts it. */
  static join(): Promise<HostedSystem> {
    return HostedSystem.at('shared');
  }

  /** Starts one of a suite's own. */
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

  /** Kills Redis; with it goes all it held. Only where the system is the suite's own. */
  async killRedis(): Promise<void> {
    await post(`${this.hosted.partsUrl}/kill-redis`);
  }

  /** Starts Redis again, empty, where it was. */
  async startRedisEmpty(): Promise<void> {
    await post(`${this.hosted.partsUrl}/start-redis`);
  }

  /** Stops the object storage; its objects stay. Only where the system is the suite's own. */
  async stopStorage(): Promise<void> {
    await post(`${this.hosted.partsUrl}/stop-storage`);
  }

  /** Starts the object storage again where it was. */
  async startStorage(): Promise<void> {
    await post(`${this.hosted.partsUrl}/start-storage`);
  }

  /** Closes the worker: nobody relays, delivers or runs schedules any more. */
  async closeWorker(): Promise<void> {
    await post(`${this.hosted.hostUrl}/close-worker`);
  }

  /** Leaves a shared system to the next suite. */
  leave(): Promise<void> {
    return this.disconnect();
  }

  /** Ends one of a suite's own. */
  async stop(): Promise<void> {
    await this.disconnect();
    await post(`${this.hosted.partsUrl}/stop`);
  }

  protected override inject(request: Injected): Promise<InjectedAnswer> {
    return post(`${this.hosted.hostUrl}/inject`, request);
  }
}

/**
 * The system of this jest worker, which all its suites use one after the other; people made afresh keep them apart.
 *
 * @returns what can be used inside of tests and hooks
 */
export function sharedSystem(): TestSystem {
  return inHooks(
    () => HostedSystem.join(),
    (system) => system.leave(),
  );
}

/**
 * A system of the calling suite's own, from the compiled code: for suites that need settings of their own, break parts
 * or are about all that is stored.
 *
 * @param settings environment variables besides those of the parts; a function where a hook before this has to make them
 * @returns what can be used inside of tests and hooks
 */
export function privateSystem(
  settings: Record<string, string> | (() => Record<string, string>) = {},
): HostedSystem {
  return inHooks(
    () => HostedSystem.start(typeof settings === 'function' ? settings() : settings),
    (system) => system.stop(),
  );
}
