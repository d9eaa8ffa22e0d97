import { contexts } from '@rookery/contexts';
import { DatabaseSettings, migrate, migrateDown } from '@rookery/persistence';
import type { EntityManager } from 'typeorm';

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== '--down');
  if (unknown) throw new Error(`There is no ${unknown}: npm run migrate, or npm run migrate -- --down.`);
  const down = args.includes('--down');
  if (down && process.env.NODE_ENV === 'production')
    throw new Error('In production the way back is another migration forward: --down loses what it removes.');
  const { url } = new DatabaseSettings();
  const log = (line: string) => console.log(line);
  if (down) await migrateDown(url, log);
  else await migrate(url, log, synchronize);
}

/** Rows that follow from the declarations of all contexts, such as the permissions of roles. */
async function synchronize(manager: EntityManager): Promise<string[]> {
  const changes: string[] = [];
  for (const context of contexts)
    changes.push(
      ...((await context.synchronize?.((text, values) => manager.query(text, values), contexts)) ?? []),
    );
  return changes;
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
