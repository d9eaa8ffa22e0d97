import { type Command, Redis, type RedisOptions } from 'ioredis';

type Send = Redis['sendCommand'];

/**
 * A connection whose commands fail after a time limit. Unlike `commandTimeout` of ioredis it reads what has arrived
 * before it gives up: where the event loop stood still, every timer is late, and the answers are there.
 */
export class LimitedRedis extends Redis {
  /** @param limitMs milliseconds after which a command that has no answer is rejected */
  constructor(
    url: string,
    private readonly limitMs: number,
    options: RedisOptions,
  ) {
    super(url, options);
  }

  /** @throws Error `Command timed out` */
  override sendCommand(...args: Parameters<Send>): ReturnType<Send> {
    const [command] = args as unknown as [Command];
    const timer = setTimeout(() => {
      // Between a timer and an immediate the event loop reads its sockets.
      setImmediate(() => command.reject(new Error('Command timed out')));
    }, this.limitMs);
    const stop = (): void => clearTimeout(timer);
    command.promise.then(stop, stop);
    return super.sendCommand(...args);
  }
}
