import { Global, Module } from '@nestjs/common';
import { RedisConnections } from './connections';
import { RedisSettings } from './settings';

/** The connections of a process to Redis. */
@Global()
@Module({ providers: [RedisConnections, RedisSettings], exports: [RedisConnections] })
export class RedisModule {}
