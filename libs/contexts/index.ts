import { identity } from './identity/identity.context';

/** The bounded contexts of Rookery. */
export const contexts = [identity];
