import { startApi } from './start';

// Loaded where a mistake in a declaration is reported like every other that keeps the api from starting.
void startApi(async () => (await import('../../../libs/contexts/index.js')).contexts);
