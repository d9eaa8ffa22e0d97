import { contexts } from '@rookery/contexts';
import { startWorker } from './start';

void startWorker(contexts);
