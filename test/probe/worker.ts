import { contexts } from '@rookery/contexts';
import { startWorker } from '../../apps/worker/src/start';
import { probe } from './probe.context';

void startWorker(() => Promise.resolve([...contexts, probe]));
