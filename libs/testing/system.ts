import { Agent, request } from 'node:http';
import { Pool } from 'pg';
import { eventually } from './eventually';
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
}

/** Api and worker with a database, a Redis and a mailbox, as seen by clients and operators. */
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
   * @param args plain data, like the result
   */
  abstract fixture<T>(name: string, args: object): Promise<T>;

  /** Sends a request to the api, `POST /v1/auth/login`. */
  async ask(route: string, { body, headers = {}, token }: Ask = {}): Promise<Answer> {
    const [method, path] = route.split(' ') as [string, string];
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const {
      status,
      headers: answered,
      text: answer,
    } = await this.send(method, path, text, {
      ...(typeof body === 'object' && { 'content-type': 'application/json' }),
      ...headers,
      ...(token && { authorization: `Bearer ${token}` }),
    });
    // A 500 is a bug whose response contains no details; a 503 is expected in some suites.
    if (status === 500) {
      for (const line of this.logOf(String(answered['x-request-id'])))
        process.stderr.write(`${route}: ${line}\n`);
    }
    const json = /json/.test(String(answered['content-type'] ?? ''));
    return { status, headers: answered, body: json && answer !== '' ? JSON.parse(answer) : answer };
  }

  /** @returns the rows of a statement; may write. */
  async sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.database.query(text, values)).rows as Row[];
  }

  /**
   * Makes the worker run its schedules now, and waits until it has run one.
   *
   * @param name `identity.cancel-expired-registrations`
   */
  async runSchedule(name: string): Promise<void> {
    // All of them, because a slot is also claimed under previous names of a schedule.
    await this.sql('DELETE FROM messaging.schedule_run');
    // The row of a slot commits with its work.
    await eventually(async () => {
      const slots = await this.sql('SELECT 1 FROM messaging.schedule_run WHERE name = $1', [name]);
      return slots.length === 1;
    });
  }

  /** @returns the lines that were logged during a request. */
  protected abstract logOf(requestId: string): string[];

  protected async disconnect(): Promise<void> {
    this.agent.destroy();
    await this.database.end();
  }

  private send(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<{ status: number; headers: Answer['headers']; text: string }> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = { method, path, agent: this.agent, headers: { ...length, ...headers } };
      const sent = request(this.addresses.apiUrl, options, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
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
