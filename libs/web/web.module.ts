import { Global, Module } from '@nestjs/common';
import { BasicAuthGuard, Operators } from './basic-auth';
import { HealthModule } from './health';
import { ProblemPages } from './problem-pages';

/** What the api imports of this lib; the worker, which has only probes, imports `HealthModule`. */
@Global()
@Module({
  imports: [HealthModule],
  controllers: [ProblemPages],
  providers: [BasicAuthGuard, Operators],
  exports: [BasicAuthGuard, Operators],
})
export class WebModule {}
