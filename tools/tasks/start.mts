import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPortFree } from '../parts/ports.mts';
import { AppLog } from '../support/app-log.mts';
import { build, mainOf } from '../support/build.mts';
import { runNode } from '../support/commands.mts';
import { startParts } from '../support/embedded.mts';
import { readyTable } from '../support/ready-table.mts';
import { takeDataDir, writeRun } from '../support/run-record.mts';
import { appEnvironment, localUrl, readSettings, type Settings } from '../support/settings.mts';
import { step } from '../support/steps.mts';
import { SupervisedApp } from '../support/supervised-app.mts';
import { atEnd, endOnSignals, undoAll } from '../support/undo.mts';
import { watch } from '../support/watch.mts';

const READY_TIMEOUT = 60_000;
const HOPELESS = 4;

/**
 * Starts everything and keeps it running until Ctrl-C. `--logs` shows all logs of the apps; `--watch` rebuilds and
 * restarts the apps whenever a source file changes.
 */
export default async function (args: string[]): Promise<number> {
  const began = performance.now();
  const settings = readSettings();
  let ending = false;
  endOnSignals({
    exitCode: 0,
    say: () => {
      ending = true;
      console.log('\nStopping ...');
    },
  });
  try {
    const started = await startAll(settings, args.includes('--logs'), () => ending);
    await untilReady(started, settings);
    const embedded = { mailbox: !process.env.SMTP_URL, database: !process.env.DATABASE_URL };
    console.log(`\n${readyTable(settings, embedded)}\n`);
    console.log(
      `Rookery is ready after ${((performance.now() - began) / 1000).toFixed(1)} s. Ctrl-C stops it.`,
    );
    if (args.includes('--watch')) await watch({ built: () => renew(started) });
    // From here on the apps keep this process alive, and a signal ends it.
    return await new Promise<never>(() => undefined);
  } catch (error) {
    // Failures after Ctrl-C are caused by it; the process ends after the cleanup.
    if (ending) return await new Promise<never>(() => undefined);
    await undoAll();
    throw error;
  }
}

interface Started {
  apps: SupervisedApp[];
  logs: AppLog[];
  env: Record<string, string>;
}

async function startAll(settings: Settings, everything: boolean, isEnding: () => boolean): Promise<Started> {
  const { dataDir } = settings;
  const record = await takeDataDir(dataDir, appEnvironment(settings));
  await refuseTakenPorts(settings);
  const env = { ...record.env, ...(await startParts({ dataDir, mailboxPort: settings.mailboxPort })) };
  await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
  await step('Migrations', () => runNode('dist/migrations/migrate.js', [], { env, quiet: true }));
  await step('Demo data', () => runNode('dist/apps/worker/src/seed.js', [], { env, quiet: true }));
  if (isEnding()) throw new Error('Stopped during startup.');

  record.env = env;
  writeRun(dataDir, record);
  const logs = ['api', 'worker'].map(
    (name) => new AppLog(name, join(dataDir, 'logs', `${name}.log`), everything),
  );
  const apps = ['api', 'worker'].map((name, index) => {
    const script = resolve(mainOf(name));
    const started = (pid: number) => {
      record.apps[script] = pid;
      writeRun(dataDir, record);
    };
    return new SupervisedApp({ name, script, env, log: logs[index]!, started });
  });
  atEnd(async () => void (await Promise.all(apps.map((app) => app.stop()))));
  for (const app of apps) app.start();
  return { apps, logs, env };
}

/** New migrations first: the apps refuse to run with an older schema. */
async function renew({ apps, env }: Started): Promise<void> {
  await runNode('dist/migrations/migrate.js', [], { env, quiet: true });
  await Promise.all(apps.map((app) => app.restart()));
  console.log(`Rebuilt and restarted at ${new Date().toLocaleTimeString()}.`);
}

async function refuseTakenPorts(settings: Settings): Promise<void> {
  const wanted: [string, number][] = [
    ['PORT', settings.port],
    ['WORKER_PORT', settings.workerPort],
  ];
  if (!process.env.SMTP_URL) wanted.push(['MAILBOX_PORT', settings.mailboxPort]);
  for (const [name, port] of wanted) {
    const [other] = wanted.find((each) => each[1] === port)!;
    if (other !== name)
      throw new Error(`${name} and ${other} are both ${port}: choose another port for one of them.`);
    if (await isPortFree(port)) continue;
    throw new Error(
      `Port ${port} is taken by another program: stop that program, or choose another port with ${name}, for example ` +
        `\`${name}=${port + 100} npm start\`.`,
    );
  }
}

async function untilReady({ apps, logs }: Started, settings: Settings): Promise<void> {
  const urls = [settings.port, settings.workerPort].map((port) => `${localUrl(settings, port)}/readyz`);
  const deadline = Date.now() + READY_TIMEOUT;
  await step('API and worker', async () => {
    for (const [index, app] of apps.entries()) {
      while (!(await answers(urls[index]!))) {
        if (app.deaths >= HOPELESS || Date.now() > deadline)
          throw neverReady(app, logs[index]!, urls[index]!);
        await sleep(100);
      }
    }
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

function neverReady(app: SupervisedApp, log: AppLog, url: string): Error {
  const problem = app.deaths >= HOPELESS ? `has ended ${app.deaths} times` : `does not return 200 at ${url}`;
  const lines = log.last(30).map((line) => `  ${line}`);
  return new Error(
    `The ${app.name} ${problem}. The last lines of its log:\n${lines.join('\n') || '  (nothing)'}\n` +
      `Fix the problem and run \`npm start\` again. The complete log: ${log.file}`,
  );
}
