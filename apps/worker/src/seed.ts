import { contexts } from '@rookery/contexts';
import { runSeeds } from './seeds';

runSeeds(contexts, (name) => console.log(`seeded ${name}`)).catch((error: Error) => {
  console.error(error.message);
  process.exit(1); // closes everything opened so far
});
