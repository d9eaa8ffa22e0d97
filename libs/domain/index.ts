export * from './aggregate';
export * from './clock';
export * from './durable-names';
export * from './event';
export * from './expected-version';
export * from './id';
export * from './name-rules';
export * from './rejection';
