export * from './audit-chain';
export * from './audit-log';
export * from './audit-trail';
export * from './audit.module';
export * from './audited';
export * from './settings';
export * from './verify-audit';
