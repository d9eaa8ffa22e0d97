export * from './application.module';
export * from './commands';
export * from './context';
export * from './personal-data';
export * from './queries';
