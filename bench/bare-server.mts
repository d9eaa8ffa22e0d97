import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { verify } from '@node-rs/argon2';
import { Pool } from 'pg';

/**
 * A minimal server that does the same work: node:http and pg, one prepared statement per request, a fully verified
 * HS256 token, rows as JSON. No framework, rate limits, logs, metrics or audit. It is the baseline of `bench:http`.
 */
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10, min: 10 });
const COLUMNS = 'id, author_id AS "authorId", title, content, tags, version, created_at AS "createdAt"';
const LAST = ['infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const STATEMENTS = {
  post: `SELECT ${COLUMNS} FROM bench.posts WHERE id = $1`,
  // Fan-out on read: the newest posts of each followed author with index-only probes, then the rows of the page.
  feed: `SELECT ${COLUMNS} FROM (
      SELECT newest.created_at AS at, newest.id AS post_id FROM bench.follows
      CROSS JOIN LATERAL (SELECT post.created_at, post.id FROM bench.posts post
        WHERE post.author_id = followee_id AND (post.created_at, post.id) < ($3::timestamptz, $4::uuid)
        ORDER BY post.created_at DESC, post.id DESC LIMIT $2) AS newest
      WHERE follower_id = $1 ORDER BY newest.created_at DESC, newest.id DESC LIMIT $2) AS page
    JOIN bench.posts ON id = post_id ORDER BY created_at DESC, id DESC`,
  // State and event in one statement, which is one transaction.
  create: `WITH created AS (
      INSERT INTO bench.posts (id, author_id, title, content, tags) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}),
    stored AS (
      INSERT INTO bench.outbox (aggregate_id, type, payload)
      SELECT id, 'post-created', jsonb_build_object('authorId', "authorId", 'title', title) FROM created)
    SELECT * FROM created`,
};

async function ask(name: keyof typeof STATEMENTS, values: unknown[]) {
  const { rows } = await pool.query({ name, text: STATEMENTS[name], values });
  return rows;
}

/** @returns id of the caller; undefined if the token is forged or expired */
function callerOf(authorization = ''): string | undefined {
  const [header = '', claims = '', signature = ''] = authorization.replace('Bearer ', '').split('.');
  const expected = createHmac('sha256', process.env.BENCH_SECRET!).update(`${header}.${claims}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { sub, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as {
    sub: string;
    exp: number;
  };
  return exp * 1_000 > Date.now() ? sub : undefined;
}

function uuidv7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const payload = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(payload),
  });
  response.end(payload);
}

const isText = (value: unknown, max: number) =>
  typeof value === 'string' && value.length > 0 && value.length <= max;

const server = createServer((request, response) => {
  const answer = async (): Promise<void> => {
    const { method, url = '', headers } = request;
    if (url === '/livez') return send(response, 200, { status: 'ok' });
    if (method === 'POST' && url === '/v1/auth/login') {
      const { password } = JSON.parse(await text(request));
      const fits = await verify(process.env.BENCH_HASH!, password);
      return send(response, fits ? 200 : 401, { status: fits ? 200 : 401 });
    }
    const caller = callerOf(headers.authorization);
    if (caller === undefined) return send(response, 401, { status: 401 });
    if (method === 'GET' && url.startsWith('/v1/posts/')) {
      const id = url.slice(10);
      const [post] = UUID.test(id) ? await ask('post', [id]) : [];
      return send(response, post ? 200 : 404, post ?? { status: 404 });
    }
    if (method === 'GET' && url.startsWith('/v1/feed')) {
      const limit = Math.min(Number(new URLSearchParams(url.slice(9)).get('limit') ?? 20), 50);
      return send(response, 200, { data: await ask('feed', [caller, limit, ...LAST]) });
    }
    if (method === 'POST' && url === '/v1/posts') {
      const { title, content, tags = [] } = JSON.parse(await text(request));
      const fits = isText(title, 100) && isText(content, 1_000) && Array.isArray(tags);
      if (!fits || !tags.every((tag: unknown) => isText(tag, 20)))
        return send(response, 400, { status: 400 });
      const [post] = await ask('create', [uuidv7(), caller, title, content, tags]);
      return send(response, 201, post);
    }
    send(response, 404, { status: 404 });
  };
  answer().catch((error: Error) => {
    console.error(error);
    send(response, 500, { status: 500 });
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
