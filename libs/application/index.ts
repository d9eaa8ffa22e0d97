export * from './application.module';
export * from './commands';
export * from './context';
export * from './queries';
