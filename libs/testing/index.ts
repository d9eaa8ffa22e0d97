// Exports that most suites use and that load fast. Import the other files of this library individually.
export * from './eventually';
export * from './inbox';
export * from './openapi';
export * from './race';
export * from './served';
export * from './hosted-system';
export * from './system';
