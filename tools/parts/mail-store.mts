import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PostalMime from 'postal-mime';

const SUFFIX = '.eml';

/** A mail in the API. `to` has the recipients of the envelope, including blind copies. */
export interface Mail {
  id: string;
  from: string;
  to: string[];
  subject: string;
  date: string;
  text: string;
  html: string;
  headers: Record<string, string>;
  messageId: string;
}

/** The mails of one folder, each a file as received, parsed once and kept in memory. */
export class MailStore {
  private mails: Mail[] = [];
  private counter = 0;

  private readonly folder: string;
  private readonly limit: number;

  /**
   * @param folder created if missing
   * @param limit the oldest mails above it are removed
   */
  constructor(folder: string, limit = 1_000) {
    this.folder = folder;
    this.limit = limit;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Reads the mails of earlier runs. Files that cannot be parsed are skipped. */
  async load(): Promise<void> {
    const names = readdirSync(this.folder).filter((name) => name.endsWith(SUFFIX));
    for (const name of names.sort()) {
      const id = name.slice(0, -SUFFIX.length);
      const mail = await parse(id, this.raw(id)).catch(() => undefined);
      if (mail) this.mails.unshift(mail);
    }
    this.shrink();
  }

  /** Newest first; with an address, only mails to it, case-insensitive. */
  list(to?: string): Mail[] {
    const wanted = to?.toLowerCase();
    return this.mails.filter(
      (mail) => !wanted || mail.to.some((address) => address.toLowerCase() === wanted),
    );
  }

  find(id: string): Mail | undefined {
    return this.mails.find((mail) => mail.id === id);
  }

  /** The bytes of a mail returned by `find` or `list`. */
  raw(id: string): Buffer {
    return readFileSync(this.path(id));
  }

  /** Stores a mail. It is completely on disk when this resolves. */
  async add(from: string, to: string[], content: Buffer): Promise<Mail> {
    // The envelope is not part of a mail; mail servers record it in these headers.
    const envelope = [`Return-Path: <${from}>`, ...to.map((address) => `Delivered-To: ${address}`)];
    const raw = Buffer.concat([Buffer.from(`${envelope.join('\r\n')}\r\n`), content]);
    this.counter += 1;
    const order = `${Date.now().toString().padStart(14, '0')}-${String(this.counter).padStart(6, '0')}`;
    const id = `${order}-${randomBytes(4).toString('hex')}`;
    const mail = await parse(id, raw);
    writeFileSync(`${this.path(id)}.new`, raw, { mode: 0o600 });
    renameSync(`${this.path(id)}.new`, this.path(id));
    // Mails are parsed concurrently and may finish in a different order than their ids.
    this.mails = [mail, ...this.mails].sort((a, b) => (a.id < b.id ? 1 : -1));
    this.shrink();
    return mail;
  }

  clear(): void {
    for (const { id } of this.mails.splice(0)) rmSync(this.path(id), { force: true });
  }

  private shrink(): void {
    for (const { id } of this.mails.splice(this.limit)) rmSync(this.path(id), { force: true });
  }

  private path(id: string): string {
    return join(this.folder, `${id}${SUFFIX}`);
  }
}

async function parse(id: string, raw: Buffer): Promise<Mail> {
  const email = await PostalMime.parse(raw);
  const headers: Record<string, string> = {};
  const to: string[] = [];
  for (const { key, value } of email.headers) {
    if (key === 'delivered-to') to.push(value);
    else headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  const sender = email.from && 'address' in email.from ? email.from.address : undefined;
  return {
    id,
    from: sender ?? headers['return-path']?.replace(/^<|>$/g, '') ?? '',
    to,
    subject: email.subject ?? '',
    date: new Date(Number(id.split('-')[0])).toISOString(),
    text: email.text ?? '',
    html: email.html ?? '',
    headers,
    messageId: email.messageId ?? '',
  };
}
