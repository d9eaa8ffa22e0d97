import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Context, declarationOf } from '@rookery/application';
import { whereIs } from '@rookery/domain';
import { LogSettings } from '@rookery/observability';
import {
  asksForWebSocket,
  buildAsyncApi,
  definedFrames,
  REALTIME_TAG,
  RealtimeAdapter,
} from '@rookery/realtime';
import {
  type ApiDescription,
  createWebApp,
  fixResponses,
  permissionsOf,
  serveOpenApi,
  WebSettings,
} from '@rookery/web';
import { ApiModule } from './api.module';
import { serveExample } from './example-app';
import { QueueBoard } from './queue-board';

/** Seconds for which the description of the frames can be cached: the same as for the routes. */
const ASYNCAPI_SECONDS = 300;

/** @returns the paths of the contexts at the root instead of under `/v1` */
export function rootPathsOf(contexts: readonly Context[]): string[] {
  return contexts.flatMap(({ rootPaths }) => rootPaths);
}

/**
 * Returns the general part of the API description.
 *
 * @param contexts contexts whose groups of operations it lists
 * @throws Error naming a route that requires a permission which no context grants
 */
export function describeApi(contexts: readonly Context[]): ApiDescription {
  checkPermissions(contexts);
  return {
    title: 'Rookery',
    description: [
      'Accounts, a social network, stories, tales and workspaces behind one API.',
      'Errors are problem documents (RFC 9457); each `type` leads to a page that explains it.',
    ].join('\n\n'),
    version: new LogSettings().serviceVersion,
    tags: [
      ...contexts.flatMap(({ tags }) =>
        Object.entries(tags).map(([name, about]) => ({ name, description: about })),
      ),
      REALTIME_TAG,
      { name: 'Health', description: 'Probes and metrics.' },
    ],
  };
}

/**
 * Builds the api, ready to listen.
 *
 * @param contexts contexts whose routes it serves
 */
export async function createApi(contexts: readonly Context[]): Promise<NestFastifyApplication> {
  const app = await createWebApp(ApiModule.of(contexts), {
    atRoot: rootPathsOf(contexts),
    upgrades: asksForWebSocket,
  });
  app.useWebSocketAdapter(new RealtimeAdapter(app));
  await app.get(QueueBoard).mount(app.getHttpAdapter().getInstance());
  await serveExample(app.getHttpAdapter().getInstance(), new WebSettings());
  const description = describeApi(contexts);
  serveOpenApi(app, description);
  serveAsyncApi(app, JSON.stringify(buildAsyncApi(description, definedFrames())));
  return app;
}

function serveAsyncApi(app: NestFastifyApplication, document: string): void {
  const server = app.getHttpAdapter().getInstance();
  fixResponses(server, /^\/v1\/asyncapi\.json$/);
  server.get('/v1/asyncapi.json', { config: { cacheableSeconds: ASYNCAPI_SECONDS } }, (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(document),
  );
}

/** A route that requires a permission that no role has would reject everybody. */
function checkPermissions(contexts: readonly Context[]): void {
  const granted = new Set(contexts.flatMap(({ permissions }) => Object.values(permissions).flat()));
  for (const { name, controllers } of contexts) {
    for (const controller of controllers) {
      const missing = permissionsOf(controller).find((permission) => !granted.has(permission));
      if (missing)
        throw new Error(
          `${whereIs(controller)} requires the permission ${missing}, which no role has: grant it in ` +
            `${declarationOf(name)}, for example permissions: { admin: ['${missing}'] }.`,
        );
    }
  }
}
