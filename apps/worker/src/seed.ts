import { runProgram } from './program';
import { runSeeds } from './seeds';

void runProgram((contexts) => runSeeds(contexts, (name) => console.log(`seeded ${name}`)));
