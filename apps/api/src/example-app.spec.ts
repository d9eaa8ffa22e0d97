import { fastify } from 'fastify';
import { serveExample } from './example-app';

describe('The example of a frontend', () => {
  async function serverIn(environment: 'development' | 'test' | 'production') {
    const server = fastify();
    await serveExample(server, { environment });
    return server;
  }

  it('is served in development, with a policy that allows only its own files', async () => {
    const server = await serverIn('development');
    const { statusCode, headers, body } = await server.inject('/example/');
    expect([statusCode, headers['cache-control']]).toEqual([200, 'no-cache']);
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(body).toContain('<script type="module" src="app.js"></script>');
    expect((await server.inject('/example')).headers.location).toBe('/example/');
    expect((await server.inject('/example/app.js')).headers['content-type']).toContain('javascript');
    await server.close();
  });

  it('has no script or style in its page', async () => {
    const server = await serverIn('development');
    const { body } = await server.inject('/example/');
    expect(body.replace(/<script type="module" src="[^"]*"><\/script>/, '')).not.toMatch(
      /<script|<style|\sstyle=|\son\w+=|https?:/,
    );
    await server.close();
  });

  it.each(['test', 'production'] as const)('is not served in %s', async (environment) => {
    const server = await serverIn(environment);
    for (const path of ['/example', '/example/', '/example/app.js'])
      expect([path, (await server.inject(path)).statusCode]).toEqual([path, 404]);
    await server.close();
  });

  it.each([
    '/example/../package.json',
    '/example/%2e%2e/%2e%2e/package.json',
    '/example/..%2f..%2fpackage.json',
  ])('does not serve files next to its folder: %s', async (path) => {
    const server = await serverIn('development');
    expect((await server.inject(path)).statusCode).toBeGreaterThanOrEqual(400);
    await server.close();
  });
});
