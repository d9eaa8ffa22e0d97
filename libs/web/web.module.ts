import { Global, Module } from '@nestjs/common';
import { BasicAuthGuard, Operators } from './basic-auth';
import { HealthModule } from './health';
import { ProblemPages } from './problem-pages';

/** The module of this library for the api. The worker, which has only probes, imports `HealthModule`. */
@Global()
@Module({
  imports: [HealthModule],
  controllers: [ProblemPages],
  providers: [BasicAuthGuard, Operators],
  exports: [BasicAuthGuard, Operators],
})
export class WebModule {}
