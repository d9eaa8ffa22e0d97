import { Agent, request } from 'node:http';
import { Pool } from 'pg';
import type { StorageAddress } from '../../tools/parts/storage-address.mts';
import { eventually } from './eventually';
import { isUndeclared } from './openapi';
import { Inbox } from './inbox';

/** A response of the api. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The body, parsed if it is JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A request to the api. */
export interface Ask {
  /** Sent as JSON; a text is sent unchanged. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Access token. */
  token?: string;
  /** IP address of the client, for features that distinguish clients by it. */
  from?: string;
}

/** A request without a connection, in the format of `light-my-request`. */
export interface Injected {
  method: string;
  url: string;
  payload?: string;
  headers: Record<string, string>;
  remoteAddress: string;
}

/** Its response. */
export interface InjectedAnswer {
  status: number;
  headers: Answer['headers'];
  text: string;
}

/** A signed-in user. */
export interface Person {
  id: string;
  email: string;
  /** Access token. */
  token: string;
}

/** Addresses of a running system. */
export interface SystemAddresses {
  apiUrl: string;
  workerUrl: string;
  databaseUrl: string;
  redisUrl: string;
  mailboxUrl: string;
  /** Settings that name the object storage. */
  storage: StorageAddress;
}

/** Api and worker with a database, a Redis, an object storage and a mailbox, as seen by clients and operators. */
export abstract class TestSystem {
  readonly inbox: Inbox;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly database: Pool;

  protected constructor(readonly addresses: SystemAddresses) {
    this.inbox = new Inbox(addresses.mailboxUrl);
    this.database = new Pool({ connectionString: addresses.databaseUrl, application_name: 'suite', max: 4 });
    this.database.on('error', () => undefined);
  }

  /**
   * Calls a fixture that a context declares.
   *
   * @param name `identity.enroll`
   * @param args arguments of the fixture; must be plain data, like its result
   * @param where the app whose providers it uses; each app has its own caches, like separate processes
   */
  abstract fixture<T>(name: string, args: object, where?: 'api' | 'worker'): Promise<T>;

  /** @returns every line that the apps have logged so far. */
  abstract get logged(): readonly string[];

  /** Sends a request to the api, `POST /v1/auth/login`. Only the start of an event stream is read. */
  async ask(route: string, { body, headers = {}, token, from }: Ask = {}): Promise<Answer> {
    const [method, url] = route.split(' ') as [string, string];
    const payload = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const all = {
      ...(typeof body === 'object' && { 'content-type': 'application/json' }),
      ...headers,
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const {
      status,
      headers: answered,
      text: answer,
    } = from === undefined
      ? await this.send(method, url, payload, all)
      : await this.inject({ method, url, payload, headers: all, remoteAddress: from });
    // A 500 is a bug, and its response contains no details. Some suites expect 503.
    if (status === 500) {
      const id = String(answered['x-request-id']);
      for (const line of this.logged) if (line.includes(id)) process.stderr.write(`${route}: ${line}\n`);
    }
    const json = /json/.test(String(answered['content-type'] ?? ''));
    const read = json && answer !== '' ? JSON.parse(answer) : answer;
    if (status >= 400 && read?.code && isUndeclared(method, url.split('?', 1)[0]!, status, read.code))
      throw new Error(
        `${route} returned ${status} ${read.code}, which openapi.json does not list: add it to rejects in @Explain().`,
      );
    return { status, headers: answered, body: read };
  }

  /** @returns the rows of a statement; may write. */
  async sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.database.query(text, values)).rows as Row[];
  }

  /**
   * @param sample of the api's metrics, in the format of `GET /metrics`:
   *   `rookery_password_operations_total{operation="hash"}`
   * @returns its value; 0 if it is missing
   */
  async metric(sample: string): Promise<number> {
    const text = await (await fetch(`${this.addresses.apiUrl}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
    return line === undefined ? 0 : Number(line.slice(sample.length));
  }

  /** Sends a command to the Redis of queues and cache. @returns what it answers */
  abstract redis(command: string, ...args: (string | number)[]): Promise<unknown>;

  /**
   * Makes the worker run its schedules now, and waits until it has run the given one.
   *
   * @param name `identity.cancel-expired-registrations`
   */
  async runSchedule(name: string): Promise<void> {
    await this.sql(`INSERT INTO messaging.schedule_run VALUES ($1, 'epoch') ON CONFLICT DO NOTHING`, [name]);
    // All of them, because a slot is also stored under previous names of a schedule.
    await this.sql(`UPDATE messaging.schedule_run SET slot = 'epoch'`);
    // The row of a slot commits with its work.
    await eventually(async () => {
      const slots = await this.sql(
        `SELECT 1 FROM messaging.schedule_run WHERE name = $1 AND slot > 'epoch'`,
        [name],
      );
      return slots.length === 1;
    });
  }

  /** Passes a request to the api without a connection. */
  protected abstract inject(request: Injected): Promise<InjectedAnswer>;

  protected async disconnect(): Promise<void> {
    this.agent.destroy();
    await this.database.end();
  }

  private send(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<InjectedAnswer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = { method, path, agent: this.agent, headers: { ...length, ...headers } };
      const sent = request(this.addresses.apiUrl, options, (response) => {
        const parts: Buffer[] = [];
        const isEndless = response.headers['content-type']?.startsWith('text/event-stream');
        response.on('data', (part: Buffer) => {
          parts.push(part);
          if (isEndless) response.destroy();
        });
        response.on('close', () => isEndless && response.emit('end'));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            text: Buffer.concat(parts).toString('utf8'),
          }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
