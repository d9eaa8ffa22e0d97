import { fastify } from 'fastify';
import { AllowedMethods } from './allowed-methods';

function methods(): AllowedMethods {
  const server = fastify();
  const allowed = new AllowedMethods();
  allowed.observe(server);
  const handler = () => 'x';
  server.get('/posts/:id', handler);
  server.delete('/posts/:id', handler);
  server.put('/posts/:id/a.b', handler);
  server.get('/files/*', handler);
  server.options('*', handler);
  return allowed;
}

describe('The methods of a path', () => {
  it.each([
    ['/posts/7', ['DELETE', 'GET', 'HEAD', 'OPTIONS']],
    ['/posts/7?x=/y', ['DELETE', 'GET', 'HEAD', 'OPTIONS']],
    ['/posts/7/a.b', ['OPTIONS', 'PUT']],
    ['/files/a/b', ['GET', 'HEAD', 'OPTIONS']],
    ['/posts', []],
    ['/posts/', []],
    ['/posts/7/axb', []],
    ['/posts/7/8', []],
    ['/elsewhere', []],
  ])('%s are %j', (path, expected) => expect(methods().of(path)).toEqual(expected));
});
