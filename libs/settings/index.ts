export * from './master-key';
export * from './settings';
