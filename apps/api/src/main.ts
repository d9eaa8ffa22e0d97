import { contexts } from '@rookery/contexts';
import { startApi } from './start';

void startApi(contexts);
