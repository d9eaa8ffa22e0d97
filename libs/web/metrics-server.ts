import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { registry } from '@rookery/observability';
import type { FastifyInstance } from 'fastify';
import type { Operators } from './basic-auth';
import { sendProblem } from './problem-filter';
import { Problems } from './problems';
import { WebSettings } from './settings';

const PATH = '/metrics';

/**
 * Decides who may read `/metrics` on the public port: nobody if it has its own port; otherwise, in production,
 * operators only.
 */
export function guardMetrics(
  server: FastifyInstance,
  { metricsPort, production }: Pick<WebSettings, 'metricsPort' | 'production'>,
  operators: Pick<Operators, 'admit'>,
): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url !== PATH) return done();
    if (metricsPort !== undefined) return sendProblem(request, reply, Problems.notFound);
    if (!production) return done();
    operators.admit(request).then(() => done(), done);
  });
}

/** Serves only `GET /metrics` on `METRICS_PORT`; does nothing without that setting. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(MetricsServer.name);
  private server: Server | undefined;

  constructor(private readonly settings: WebSettings) {}

  /** Port it listens on; undefined if it does not listen. */
  get port(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /** @throws Error if the port is taken */
  async onApplicationBootstrap(): Promise<void> {
    const { host, metricsPort } = this.settings;
    if (metricsPort === undefined) return;
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: Error) => {
        this.log.error(`The metrics cannot be read: ${error.message}`, error.stack);
        response.writeHead(500).end();
      });
    });
    this.server.listen(metricsPort, host);
    await once(this.server, 'listening');
    this.log.log(`Metrics on port ${this.port}.`);
  }

  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if ((method !== 'GET' && method !== 'HEAD') || url !== PATH) return void response.writeHead(404).end();
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
    response.end(text);
  }
}
