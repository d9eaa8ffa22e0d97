import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PREFIX } from '@rookery/redis';
import { eventually, type Person, type TestSystem } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';
import { Queue } from 'bullmq';

/** A request that a receiver received. */
export interface Received {
  headers: IncomingHttpHeaders;
  /** The raw body, for the signature. */
  body: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  payload: any;
}

/** A local receiver of webhooks. Returns 204 by default. */
export class Receiver {
  readonly received: Received[] = [];
  /** Responds to a request. */
  answer: (response: ServerResponse, request: Received) => void = (response) => response.writeHead(204).end();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const received = { headers: request.headers, body, payload: JSON.parse(body) as unknown };
        receiver.received.push(received);
        return receiver.answer(response, received);
      });
    });
    const receiver = new Receiver(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Waits until it has received a number of requests. @returns all of them */
  async has(count: number): Promise<Received[]> {
    await eventually(() => this.received.length >= count);
    return this.received;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

/** Creates a webhook. @returns its view, with the secret */
export async function createWebhook(
  system: TestSystem,
  { token }: Person,
  own: { url: string; events?: string[]; ordered?: boolean; active?: boolean },
) {
  const body = { events: ['social.user-followed'], ...own };
  const created = await system.ask('POST /v1/webhooks', { token, body });
  if (created.status !== 201) throw new Error(`Not created: ${JSON.stringify(created.body)}`);
  return created.body;
}

/** @returns the log of a webhook's deliveries, newest first */
export async function deliveriesOf(system: TestSystem, { token }: Person, webhookId: string, query = '') {
  return (await system.ask(`GET /v1/webhooks/${webhookId}/deliveries${query}`, { token })).body.data;
}

/** Runs waiting retries now. */
export async function retryNow(system: TestSystem): Promise<void> {
  const queue = new Queue('webhooks', { connection: { url: system.addresses.redisUrl }, prefix: PREFIX });
  try {
    await queue.promoteJobs();
  } finally {
    await queue.close();
  }
}

/** A webhook of the owner. */
export async function ownWebhook({ system, people }: Scene): Promise<Given> {
  const { id } = await createWebhook(system, people.owner, {
    url: 'https://hooks.example.com/x',
    active: false,
  });
  return { path: { id } };
}

/** A delivery of the owner that was skipped. */
export async function ownSkippedDelivery(scene: Scene): Promise<Given> {
  const { system, people } = scene;
  const { id } = await createWebhook(system, people.owner, { url: 'http://127.0.0.1:9/x' });
  const rows = await system.sql<{ id: string }>(
    `INSERT INTO webhooks.deliveries (id, webhook_id, owner_id, event_id, event_type, subject, sequence, body, about, status)
     VALUES (gen_random_uuid(), $1, $2, gen_random_uuid(), 'social.user-followed', gen_random_uuid(), 1, '{}', '{}', 'skipped')
     RETURNING id`,
    [id, people.owner.id],
  );
  return { path: { id, deliveryId: rows[0]!.id } };
}
