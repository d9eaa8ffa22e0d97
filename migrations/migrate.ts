import { DatabaseSettings, migrate } from '@rookery/persistence';

migrate(new DatabaseSettings().url, (line) => console.log(line)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
