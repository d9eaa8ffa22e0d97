export * from './database';
export * from './eventually';
export * from './inbox';
export * from './people';
export * from './system';
