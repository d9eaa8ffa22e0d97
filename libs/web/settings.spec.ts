import { ProbeSettings, WebSettings } from './settings';

const read = (environment: NodeJS.ProcessEnv = {}) => new WebSettings(environment);

describe('The settings of the web edge', () => {
  it('suit development without any variable', () => {
    expect(read()).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      opsUser: 'ops',
      corsOrigins: [],
      production: false,
    });
    expect(new ProbeSettings({}).port).toBe(3001);
  });

  it('derive the public address from the port', () => {
    expect(read({ PORT: '8080' }).publicUrl).toBe('http://127.0.0.1:8080');
    expect(read({ PUBLIC_URL: 'https://rookery.example/' }).publicUrl).toBe('https://rookery.example');
    expect(read({ PUBLIC_URL: 'https://rookery.example/' }).appUrl).toBe('https://rookery.example');
    expect(read({ APP_URL: 'https://app.example/nest/' }).appUrl).toBe('https://app.example/nest');
  });

  it('read origins separated by commas', () => {
    expect(read({ CORS_ORIGINS: 'https://a.example, http://localhost:5173' }).corsOrigins).toEqual([
      'https://a.example',
      'http://localhost:5173',
    ]);
  });

  it.each(['*', 'a.example', 'https://a.example/', 'https://a.example/path'])(
    'refuse %s as an origin',
    (origin) => expect(() => read({ CORS_ORIGINS: origin })).toThrow('is not an origin'),
  );

  it('refuse default credentials in production', () => {
    const production = { NODE_ENV: 'production' };
    expect(() => read(production)).toThrow('OPS_PASSWORD is missing');
    const good = {
      PUBLIC_URL: 'https://rookery.example',
      OPS_USER: 'eve',
      OPS_PASSWORD: 'vU3c0q9ZkXw5Jm2RtY8a',
    };
    expect(read({ ...production, ...good }).production).toBe(true);
  });
});
