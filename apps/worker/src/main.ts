import { startWorker } from './start';

// Loaded where a mistake in a declaration is reported like every other that keeps the worker from starting.
void startWorker(async () => (await import('../../../libs/contexts/index.js')).contexts);
