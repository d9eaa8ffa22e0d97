import type { Context } from '@rookery/application';
import { bufferLog, rootLogger } from '@rookery/observability';
import { checkSettings } from '@rookery/settings';
import { runUntilSignal, WebSettings } from '@rookery/web';
import { createApi } from './api';

/** Runs the api until a signal ends it; exits with 1 if it cannot start. */
export async function startApi(contexts: readonly Context[]): Promise<void> {
  process.env.SERVICE_NAME ||= 'rookery-api';
  const log = rootLogger();
  try {
    checkSettings();
    const settings = new WebSettings();
    const app = await createApi(contexts);
    runUntilSignal(app, { graceMs: settings.shutdownGraceMs, log });
    bufferLog();
    await app.listen(settings.port, settings.host);
    log.info(`The api listens on ${await app.getUrl()}.`);
  } catch (error) {
    log.fatal({ err: error }, `The api cannot start: ${(error as Error).message}`);
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1_000).unref();
  }
}
