export * from './mail';
export * from './mail.module';
export * from './settings';
export * from './template';
