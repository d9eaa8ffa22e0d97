import { runProgram } from './program';
import { runCli } from './run-cli';

void runProgram((contexts, args) => runCli(contexts, 'keys', args));
