import { startApi } from './start';

// Loaded inside of `start`, so that a mistake in a declaration is reported like every other startup error.
void startApi(async () => (await import('../../../libs/contexts/index.js')).contexts);
