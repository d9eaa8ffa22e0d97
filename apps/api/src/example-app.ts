import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { WebSettings } from '@rookery/web';
import type { FastifyInstance } from 'fastify';

const PATH = '/example/';

/** Works from the sources and from `dist`. */
const FOLDERS = ['../../../examples/web', '../../../../examples/web'].map((path) => join(__dirname, path));

/** Allows only its own files and this API, and no HTML from scripts, so that text of a post cannot run as code. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Serves the example of a frontend at `/example`, in development only. */
export async function serveExample(
  server: FastifyInstance,
  { environment }: Pick<WebSettings, 'environment'>,
): Promise<void> {
  const root = FOLDERS.find((folder) => existsSync(folder));
  if (environment !== 'development' || root === undefined) return;
  server.get(PATH.slice(0, -1), (_request, reply) => reply.redirect(PATH));
  await server.register(async (scope) => {
    scope.addHook('onSend', (_request, reply, payload, done) => {
      reply.header('content-security-policy', POLICY);
      // No caching, so that changed files are served immediately.
      if (reply.statusCode < 400) reply.header('cache-control', 'no-cache');
      done(null, payload);
    });
    await scope.register(fastifyStatic, {
      root,
      prefix: PATH,
      decorateReply: false,
      cacheControl: false,
    });
  });
}
