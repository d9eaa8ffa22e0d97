import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('The linter of openapi.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('names the findings of both rulesets, and accepts no other ambiguous path', async () => {
    const document = JSON.parse(readFileSync('openapi.json', 'utf8'));
    // A few of the paths: the whole of it takes 15 s, and is linted by npm run check.
    const kept = [
      '/v1/users/{id}',
      '/v1/users/{id}/follow',
      '/v1/users/activate/{token}',
      '/v1/posts/{id}/comments',
    ];
    const { '/v1/posts/{id}': post, ...paths } = document.paths;
    document.paths = Object.fromEntries(kept.map((path) => [path, paths[path]]));
    const { get } = document.paths['/v1/users/{id}'];
    delete get.description;
    delete get.responses['404'];
    document.components.schemas.Nobody = { type: 'object' };
    document.paths['/v1/posts/pinned/{id}'] = {
      get: { ...post.get, operationId: 'getPinnedPost' },
    };
    const path = join(folder, 'openapi.json');
    writeFileSync(path, JSON.stringify(document));
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, ['tools/support/lint-openapi.mts', path], (error, _, stderr) =>
        resolve(error ? stderr : 'no finding'),
      );
    });
    expect(said).toContain('Spectral operation-description');
    expect(said).toMatch(/Redocly no-unused-components: .*Nobody/);
    expect(said).toContain('`/v1/posts/{id}/comments` and `/v1/posts/pinned/{id}`');
    expect(said).not.toContain('/v1/users/activate/{token}');
  }, 240_000);
});
