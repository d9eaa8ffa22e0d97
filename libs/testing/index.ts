// What most suites use and what loads fast; the other files of this lib are imported one by one.
export * from './authenticator';
export * from './eventually';
export * from './inbox';
export * from './people';
export * from './race';
export * from './shared-system';
export * from './social';
export * from './system';
