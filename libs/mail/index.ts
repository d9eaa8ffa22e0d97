export * from './events';
export * from './mail';
export * from './mail.module';
export { type ProviderName, PROVIDERS } from './provider';
export * from './settings';
export * from './suppressions';
export * from './template';
