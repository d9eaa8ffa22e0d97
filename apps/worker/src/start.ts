import type { Context } from '@rookery/application';
import { bufferLog, rootLogger } from '@rookery/observability';
import { checkSettings } from '@rookery/settings';
import { createWebApp, ProbeSettings, refuseToStart, runUntilSignal, WebSettings } from '@rookery/web';
import { WorkerModule } from './worker.module';

/**
 * Runs the worker until a signal ends it; exits with 1 if it cannot start, and says why in the last line.
 *
 * @param load returns its contexts
 */
export async function startWorker(load: () => Promise<readonly Context[]>): Promise<void> {
  process.env.SERVICE_NAME ||= 'rookery-worker';
  const log = rootLogger();
  try {
    checkSettings();
    const { host } = new WebSettings();
    const app = await createWebApp(WorkerModule.of(await load()));
    runUntilSignal(app, { graceMs: 0, log });
    bufferLog();
    await app.listen(new ProbeSettings().port, host);
    log.info(`The worker works; probes on ${await app.getUrl()}.`);
  } catch (error) {
    refuseToStart('worker', error, log);
  }
}
