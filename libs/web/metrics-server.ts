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
 * Decides who reads `/metrics` on the port that everybody can reach: nobody where they have a port of their own, else
 * operations alone in production.
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

/** Serves `GET /metrics` on `METRICS_PORT`, and nothing else; without that setting it does nothing. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(MetricsServer.name);
  private server: Server | undefined;

  constructor(private readonly settings: WebSettings) {}

  /** Port it listens on; undefined while it does not. */
  get port(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /** @throws Error when the port is taken */
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
