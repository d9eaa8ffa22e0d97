import { contexts } from '@rookery/contexts';
import { runCli } from './run-cli';

runCli(contexts, 'keys', process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1); // closes everything opened so far
});
