import type { Context } from '@rookery/application';
import { bufferLog, rootLogger } from '@rookery/observability';
import { checkSettings } from '@rookery/settings';
import { createWebApp, ProbeSettings, runUntilSignal, WebSettings } from '@rookery/web';
import { WorkerModule } from './worker.module';

/** Runs the worker until a signal ends it; exits with 1 if it cannot start. */
export async function startWorker(contexts: readonly Context[]): Promise<void> {
  process.env.SERVICE_NAME ||= 'rookery-worker';
  const log = rootLogger();
  try {
    checkSettings();
    const { host } = new WebSettings();
    const app = await createWebApp(WorkerModule.of(contexts));
    runUntilSignal(app, { graceMs: 0, log });
    bufferLog();
    await app.listen(new ProbeSettings().port, host);
    log.info(`The worker works; probes on ${await app.getUrl()}.`);
  } catch (error) {
    log.fatal({ err: error }, `The worker cannot start: ${(error as Error).message}`);
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1_000).unref();
  }
}
