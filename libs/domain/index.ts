export * from './aggregate';
export * from './clock';
export * from './event';
export * from './id';
export * from './rejection';
