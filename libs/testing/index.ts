// What most suites use and what loads fast; the other files of this lib are imported one by one.
export * from './eventually';
export * from './inbox';
export * from './openapi';
export * from './race';
export * from './served';
export * from './hosted-system';
export * from './system';
