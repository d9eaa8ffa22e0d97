import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts } from '@rookery/contexts';
import { Subscribers } from '@rookery/messaging';
import { buildOpenApi, createWebApp } from '@rookery/web';
import { ApiModule } from './api.module';
import { describeApi, rootPathsOf } from './api';
import { describeEnvironment } from './generated/environment';
import { type DescribedPaths, drawMap } from './generated/map';

/** Writes the generated files; with `--check` compares them instead and exits with 1 if they differ. */
async function generate(checkOnly: boolean): Promise<void> {
  // Connects to nothing: the application is created, which resolves all providers, but never initialized.
  Object.assign(process.env, {
    LOG_LEVEL: 'silent',
    DATABASE_URL: 'postgres://-',
    REDIS_URL: 'redis://-',
    SMTP_URL: 'smtp://-',
  });
  const app = await createWebApp(ApiModule.of(contexts), { atRoot: rootPathsOf(contexts) });
  const openApi = buildOpenApi(app, describeApi(contexts));
  const files = {
    'openapi.json': `${JSON.stringify(openApi, null, 2)}\n`,
    'docs/map.md': drawMap(
      contexts,
      app.get(Subscribers, { strict: false }),
      openApi as unknown as DescribedPaths,
    ),
    '.env.example': describeEnvironment(),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(process.cwd(), name);
    if (!checkOnly) writeFileSync(path, text);
    else if (!sameAs(path, text)) {
      console.error(`${name} is not what the code says. Run npm run generate and commit it.`);
      process.exitCode = 1;
    }
  }
  await app.close();
}

function sameAs(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false;
  }
}

generate(process.argv.includes('--check')).catch((error: Error) => {
  console.error(error);
  process.exit(1);
});
