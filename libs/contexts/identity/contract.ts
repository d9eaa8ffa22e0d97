export * from './contract/account-copy';
export * from './contract/accounts';
export * from './contract/avatars';
export * from './contract/events';
export * from './contract/profiles';
export * from './contract/recipients';
export * from './contract/readers';
