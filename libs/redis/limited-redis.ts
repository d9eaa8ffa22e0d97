import { type Command, Redis, type RedisOptions } from 'ioredis';
import { startTimeLimit } from './time-limit';

type Send = Redis['sendCommand'];

/**
 * A connection whose commands time out. Unlike `commandTimeout` of ioredis it reads what has arrived before it rejects.
 */
export class LimitedRedis extends Redis {
  /** @param limitMs milliseconds after which a command without a response is rejected */
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
    const stop = startTimeLimit(this.limitMs, (error) => command.reject(error));
    command.promise.then(stop, stop);
    return super.sendCommand(...args);
  }
}
