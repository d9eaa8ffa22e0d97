export * from './master-key';
export * from './settings';
export { refuseDefaultPassword, weaknessOf } from './weak-secrets';
