import type { Context } from '@rookery/application';
import { bufferLog, rootLogger } from '@rookery/observability';
import { checkSettings } from '@rookery/settings';
import { refuseToStart, runUntilSignal, WebSettings } from '@rookery/web';
import { createApi } from './api';

/**
 * Runs the api until a signal ends it; exits with 1 if it cannot start, and says why in the last line.
 *
 * @param load returns its contexts
 */
export async function startApi(load: () => Promise<readonly Context[]>): Promise<void> {
  process.env.SERVICE_NAME ||= 'rookery-api';
  const log = rootLogger();
  try {
    checkSettings();
    const settings = new WebSettings();
    const app = await createApi(await load());
    runUntilSignal(app, { graceMs: settings.shutdownGraceMs, log });
    bufferLog();
    await app.listen(settings.port, settings.host);
    log.info(`The api listens on ${await app.getUrl()}.`);
  } catch (error) {
    refuseToStart('api', error, log);
  }
}
