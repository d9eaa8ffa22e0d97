import { Test } from '@nestjs/testing';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastify } from 'fastify';
import { counter, gauge, histogram, measureRequests, MetricsModule, registry } from '.';

describe('A metric', () => {
  it('can be declared in several places, and is then shared', async () => {
    counter({ name: 'eggs_total', help: 'Eggs.', labels: ['kind'] }).inc({ kind: 'duck' });
    counter({ name: 'eggs_total', help: 'Eggs.', labels: ['kind'] }).inc({ kind: 'duck' });
    expect(await registry.getSingleMetricAsString('eggs_total')).toContain('eggs_total{kind="duck"} 2');
    histogram({ name: 'hatch_seconds', help: 'Time.', buckets: [1, 2] }).observe(1.5);
    histogram({ name: 'hatch_seconds', help: 'Time.', buckets: [1, 2] }).observe(0.5);
    expect(await registry.getSingleMetricAsString('hatch_seconds')).toContain('hatch_seconds_count 2');
  });

  it('can be asked for its value at each scrape', async () => {
    let nests = 1;
    gauge({ name: 'nests', help: 'Nests.', collect: (self) => self.set(nests) });
    expect(await registry.getSingleMetricAsString('nests')).toContain('nests 1');
    nests = 2;
    expect(await registry.getSingleMetricAsString('nests')).toContain('nests 2');
  });
});

describe('Requests', () => {
  it('are counted by the pattern of their route; unknown routes and odd methods under one label each', async () => {
    const server = fastify();
    measureRequests(server);
    server.get('/nests/:id', () => 'nest');
    for (const url of ['/nests/1', '/nests/2', '/a', '/b']) await server.inject(url);
    await server.inject({ method: 'PROPFIND' as 'GET', url: '/a' });
    const lines = await registry.getSingleMetricAsString('http_requests_total');
    expect(lines).toContain('http_requests_total{route="/nests/:id",method="GET",code="200"} 2');
    expect(lines).toContain('http_requests_total{route="unknown",method="GET",code="404"} 2');
    expect(lines).not.toContain('PROPFIND');
    const durations = await registry.getSingleMetricAsString('http_request_duration_seconds');
    expect(durations).toContain('http_request_duration_seconds_count{route="/nests/:id",method="GET"} 2');
    await server.close();
  });
});

describe('The page of metrics', () => {
  it('shows those of the process, in the format of Prometheus, also after a second start', async () => {
    for (let start = 0; start < 2; start += 1) {
      const module = await Test.createTestingModule({ imports: [MetricsModule] }).compile();
      const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
        logger: false,
      });
      await app.init();
      const { statusCode, headers, body } = await app.inject('/metrics');
      expect(statusCode).toBe(200);
      expect(headers['content-type']).toContain('text/plain; version=0.0.4');
      expect(body).toMatch(/^nodejs_eventloop_lag_seconds /m);
      expect(body).toMatch(/^process_resident_memory_bytes /m);
      await app.close();
    }
  });
});
