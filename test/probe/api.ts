import { contexts } from '@rookery/contexts';
import { startApi } from '../../apps/api/src/start';
import { probe } from './probe.context';

void startApi(() => Promise.resolve([...contexts, probe]));
