import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Subscribers } from '@rookery/messaging';
import { buildAsyncApi, definedFrames } from '@rookery/realtime';
import { buildOpenApi, createWebApp, reasonOf } from '@rookery/web';
import { ApiModule } from './api.module';
import { describeApi, rootPathsOf } from './api';
import { describeEnvironment } from './generated/environment';
import { type DescribedPaths, drawMap, droppedEvents, formerNames, goneNames } from './generated/map';

/** Writes the generated files; with `--check` compares them instead and exits with 1 if they differ. */
async function generate(checkOnly: boolean): Promise<void> {
  // Loaded here, because conflicting declarations throw while they load.
  const { contexts } = await import('../../../libs/contexts/index.js');
  // Opens no connections: the application is created, which resolves all providers, but never initialized.
  Object.assign(process.env, {
    LOG_LEVEL: 'silent',
    DATABASE_URL: 'postgres://-',
    REDIS_URL: 'redis://-',
    SMTP_URL: 'smtp://-',
  });
  const app = await createWebApp(ApiModule.of(contexts), { atRoot: rootPathsOf(contexts) });
  const subscribers = app.get(Subscribers, { strict: false });
  const openApi = buildOpenApi(app, describeApi(contexts));
  const files = {
    'openapi.json': `${JSON.stringify(openApi, null, 2)}\n`,
    'asyncapi.json': `${JSON.stringify(buildAsyncApi(describeApi(contexts), definedFrames()), null, 2)}\n`,
    'docs/map.md': drawMap(contexts, subscribers, openApi as unknown as DescribedPaths),
    '.env.example': describeEnvironment(),
  };
  const before = readIfThere('docs/map.md');
  const gone = [
    ...goneNames(files['docs/map.md'], before, formerNames(contexts)),
    ...droppedEvents(subscribers, before),
  ];
  for (const sentence of [...gone, ...undescribed(openApi.paths)]) {
    console.error(sentence);
    process.exitCode = 1;
  }
  for (const [name, text] of Object.entries(files)) {
    const path = join(process.cwd(), name);
    if (!checkOnly) {
      if (gone.length === 0) writeFileSync(path, text);
    } else if (readIfThere(name) !== text) {
      console.error(`${name} does not match the code. Run npm run generate and commit it.`);
      process.exitCode = 1;
    }
  }
  await app.close();
}

function undescribed(paths: object): string[] {
  return Object.entries(paths as Record<string, Record<string, { description?: string }>>).flatMap(
    ([path, operations]) =>
      Object.entries(operations).flatMap(([method, { description }]) =>
        description ? [] : [`${method.toUpperCase()} ${path} has no description: add it to @Explain().`],
      ),
  );
}

/** @returns the content of a file of the project; empty if there is none. */
function readIfThere(name: string): string {
  const path = join(process.cwd(), name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

generate(process.argv.includes('--check')).catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exit(1);
});
