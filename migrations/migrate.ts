import { DatabaseSettings, migrate, migrateDown } from '@rookery/persistence';

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== '--down');
  if (unknown) throw new Error(`There is no ${unknown}: npm run migrate, or npm run migrate -- --down.`);
  const down = args.includes('--down');
  if (down && process.env.NODE_ENV === 'production')
    throw new Error('In production the way back is another migration forward: --down loses what it removes.');
  await (down ? migrateDown : migrate)(new DatabaseSettings().url, (line) => console.log(line));
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
