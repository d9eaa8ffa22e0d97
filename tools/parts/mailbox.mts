import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { htmlPart, listPage, mailPage } from './mail-pages.mts';
import { MailStore } from './mail-store.mts';

const MAX_MAIL_BYTES = 25 * 1024 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'";
const PART_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export interface MailboxOptions {
  /** folder with a file for every mail; created if missing */
  dataDir: string;
  /** default: any free port */
  smtpPort?: number;
  /** default: any free port */
  httpPort?: number;
}

export interface RunningMailbox {
  smtpUrl: string;
  /** the page; the JSON API is below `/api` */
  url: string;
  stop(): Promise<void>;
}

/** Behavior of the SMTP server that tests can set. */
interface Behavior {
  /** SMTP code with which a recipient is rejected; `*` means all */
  rcpt: Record<string, number>;
  /** delay of the reply to a recipient */
  delayMs: number;
}

/** An invalid request. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Starts an SMTP server on 127.0.0.1 that delivers no mail, and shows all mail on a page and as JSON.
 *
 * - `GET /` page, `GET /messages/{id}` one mail
 * - `GET /api/messages?to=<address>`, `GET /api/messages/{id}`, `GET /api/messages/{id}/raw`, `DELETE /api/messages`
 * - `GET`, `PUT`, `DELETE /api/behavior`: `{"rcpt": {"<address or *>": 450}, "delayMs": 100}` rejects recipients
 *
 * @throws Error if a port is taken
 */
export async function startMailbox(options: MailboxOptions): Promise<RunningMailbox> {
  const store = new MailStore(resolve(options.dataDir));
  await store.load();
  const mailbox = new Mailbox(store);
  const smtp = mailbox.smtpServer();
  const http = createServer((request, response) => void mailbox.answer(request, response));
  const smtpPort = await listen(smtp.server as unknown as Server, options.smtpPort ?? 0, 'SMTP');
  smtp.on('error', () => undefined);
  try {
    const httpPort = await listen(http, options.httpPort ?? 0, 'the mailbox page');
    return {
      smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
      url: `http://127.0.0.1:${httpPort}`,
      stop: async () => {
        http.closeAllConnections();
        await Promise.all([
          new Promise<void>((done) => http.close(() => done())),
          new Promise<void>((done) => smtp.close(() => done())),
        ]);
      },
    };
  } catch (error) {
    smtp.close(() => undefined);
    throw error;
  }
}

class Mailbox {
  private behavior: Behavior = { rcpt: {}, delayMs: 0 };
  private readonly store: MailStore;

  constructor(store: MailStore) {
    this.store = store;
  }

  smtpServer(): SMTPServer {
    return new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      size: MAX_MAIL_BYTES,
      logger: false,
      banner: 'Rookery mailbox',
      closeTimeout: 500,
      onRcptTo: (address, _session, done) => {
        this.judge(address.address).then(() => done(), done);
      },
      onData: (stream, session, done) => {
        this.receive(stream, session).then(() => done(), done);
      },
    });
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    try {
      // Prevents DNS rebinding: a web page whose name resolves to this machine must not read the mails.
      if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')) {
        throw new Refusal(403, 'Only accessible from this machine.');
      }
      await this.route(request, response);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      json(response, status, { error: (error as Error).message });
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const steps = url.pathname.split('/').filter(Boolean);
    const id = steps[steps[0] === 'api' ? 2 : 1];
    const what = `${request.method} /${steps.map((step) => (step === id ? '{id}' : step)).join('/')}`;
    switch (what) {
      case 'GET /':
        return html(response, listPage(this.store.list()), PAGE_POLICY);
      case 'GET /messages/{id}':
        return html(response, mailPage(this.mail(id)), PAGE_POLICY);
      case 'GET /messages/{id}/html':
        return html(response, htmlPart(this.mail(id)), PART_POLICY);
      case 'GET /api/messages':
        return json(response, 200, { data: this.store.list(url.searchParams.get('to') ?? undefined) });
      case 'GET /api/messages/{id}':
        return json(response, 200, this.mail(id));
      case 'GET /api/messages/{id}/raw':
        response.setHeader('Content-Type', 'text/plain; charset=utf-8');
        return void response.end(this.store.raw(this.mail(id).id));
      case 'DELETE /api/messages':
        this.store.clear();
        return void response.writeHead(204).end();
      case 'GET /api/behavior':
        return json(response, 200, this.behavior);
      case 'PUT /api/behavior':
        this.behavior = readBehavior(await readBody(request));
        return json(response, 200, this.behavior);
      case 'DELETE /api/behavior':
        this.behavior = { rcpt: {}, delayMs: 0 };
        return void response.writeHead(204).end();
      default:
        throw new Refusal(404, 'There is nothing here.');
    }
  }

  private mail(id: string | undefined) {
    const found = id && this.store.find(id);
    if (!found) throw new Refusal(404, 'There is no such mail.');
    return found;
  }

  private async judge(address: string): Promise<void> {
    const { rcpt, delayMs } = this.behavior;
    if (delayMs > 0) await sleep(delayMs);
    const code = rcpt[address.toLowerCase()] ?? rcpt['*'];
    if (code !== undefined) throw smtpError(code, `<${address}> rejected, as configured with /api/behavior`);
  }

  private async receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (!stream.sizeExceeded) chunks.push(chunk);
    }
    if (stream.sizeExceeded) throw smtpError(552, `A mail can have at most ${MAX_MAIL_BYTES} bytes`);
    const { mailFrom, rcptTo } = session.envelope;
    await this.store.add(
      mailFrom ? mailFrom.address : '',
      rcptTo.map(({ address }) => address),
      Buffer.concat(chunks),
    );
  }
}

function readBehavior(text: string): Behavior {
  let given: Partial<Behavior>;
  try {
    given = JSON.parse(text) as Partial<Behavior>;
  } catch {
    throw new Refusal(400, 'The body is not JSON.');
  }
  const rcpt: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const [address, code] of Object.entries(given?.rcpt ?? {})) {
    if (!Number.isInteger(code) || code < 400 || code > 599)
      throw new Refusal(400, 'A code must be from 400 to 599.');
    rcpt[address.toLowerCase()] = code;
  }
  const delayMs = given?.delayMs ?? 0;
  if (!Number.isFinite(delayMs) || delayMs < 0 || delayMs > 600_000) {
    throw new Refusal(400, 'delayMs must be from 0 to 600000.');
  }
  return { rcpt, delayMs };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Refusal(413, 'The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server, port: number, name: string): Promise<number> {
  return new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} for ${name} is taken: stop what uses it, or choose another port.`)
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', () => done((server.address() as AddressInfo).port));
  });
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

function html(response: ServerResponse, body: string, policy: string): void {
  response
    .writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Referrer-Policy': 'no-referrer',
    })
    .end(body);
}
