import { isUndeclared } from './openapi';

describe('A problem that an operation returns', () => {
  const follow = '/v1/users/01930000-0000-7000-8000-000000000000/follow';

  it.each([
    ['declared', 'PUT', follow, 409, 'social.too-many-followed', false],
    ['of another status', 'PUT', follow, 422, 'social.too-many-followed', true],
    ['of another operation', 'DELETE', follow, 409, 'social.too-many-followed', true],
    ['declared by none', 'PUT', follow, 409, 'social.made-up', true],
    ['of a path with a file name', 'GET', '/.well-known/jwks.json', 418, 'social.made-up', true],
    ['of no operation', 'PATCH', follow, 405, 'request.method-not-allowed', false],
    ['of a path that is none of ours', 'GET', '/v1/made-up', 404, 'resource.not-found', false],
    ['of a path that cannot be read', 'PUT', follow, 400, 'request.malformed', false],
  ])('is undeclared or not: %s', (_, method, path, status, code, expected) => {
    expect(isUndeclared(method, path, status, code)).toBe(expected);
  });
});
