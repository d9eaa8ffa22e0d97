export * from './database';
export * from './eventually';
export * from './inbox';
export * from './system';
