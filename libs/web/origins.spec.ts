import { trustedOrigins } from './origins';

describe('the origins that may sign in with cookies', () => {
  it('are those of the settings, and the own one without its path', () => {
    const settings = { corsOrigins: ['https://app.example'], publicUrl: 'https://api.example/base' };
    expect([...trustedOrigins(settings)]).toEqual(['https://app.example', 'https://api.example']);
  });

  it('are all names of this machine in development', () => {
    expect([...trustedOrigins({ corsOrigins: [], publicUrl: 'http://127.0.0.1:3000' })]).toEqual([
      'http://127.0.0.1:3000',
      'http://localhost:3000',
      'http://[::1]:3000',
    ]);
  });
});
