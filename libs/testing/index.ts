export * from './context';
export * from './database';
export * from './eventually';
export * from './inbox';
export * from './ledger';
export * from './people';
export * from './proxy';
export * from './system';
