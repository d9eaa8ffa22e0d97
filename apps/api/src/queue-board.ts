import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { Injectable } from '@nestjs/common';
import { FieldError, Rules } from '@rookery/domain';
import { Dispatch } from '@rookery/messaging';
import { Operators, refused } from '@rookery/web';
import type { FastifyInstance } from 'fastify';

const PATH = '/v1/admin/board';
/** Lets the board's pages load only their own scripts and styles. */
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'";

/** Fonts that the board's page would load from another server, which could then log its users. */
const FROM_ELSEWHERE = /<link\b[^>]*\bhref="https?:[^>]*>/g;

/**
 * Validates parameters: the board passes page numbers to Redis, and decodes queue names, unchecked.
 *
 * @throws RequestRefused `request.invalid`
 */
function verifyQuery({
  page,
  jobsPerPage,
  activeQueue,
}: Record<string, string | string[] | undefined>): void {
  const errors = Object.entries({ page, jobsPerPage })
    .filter(([, value]) => value !== undefined && !/^\d{1,6}$/.test(String(value)))
    .map(([path]) =>
      FieldError.of(
        Rules.range,
        path,
        { min: 0, max: 999_999 },
        `${path} must be a number of at most six digits.`,
      ),
    );
  try {
    decodeURIComponent(String(activeQueue));
  } catch {
    const message = 'activeQueue must be the name of a queue.';
    errors.push(FieldError.of(Rules.format, 'activeQueue', { format: 'queue' }, message));
  }
  if (errors.length > 0) throw refused(errors);
}

/** The page with the queues and their failed jobs, for operators only. */
@Injectable()
export class QueueBoard {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly operators: Operators,
  ) {}

  /** Mounts the board on the server, before it listens. */
  async mount(server: FastifyInstance): Promise<void> {
    const adapter = new FastifyAdapter();
    adapter.setBasePath(PATH);
    // Read-only: the ledger decides which jobs run, so retrying or removing a job only here would have no lasting
    // effect.
    const queues = this.dispatch.all().map((queue) => new BullMQAdapter(queue, { readOnlyMode: true }));
    createBullBoard({
      queues,
      serverAdapter: adapter,
      options: { uiConfig: { boardTitle: 'Rookery queues' } },
    });
    await server.register(async (scope) => {
      // The board sets an error handler for each of its routes; ours returns problem documents for all of them.
      Object.assign(scope, { setErrorHandler: () => scope });
      scope.addHook('onSend', async (_request, reply, payload) => {
        // Also replaces the headers of the file server: the files are for operators only.
        reply.header('cache-control', 'private, no-store');
        return typeof payload === 'string' ? payload.replaceAll(FROM_ELSEWHERE, '') : payload;
      });
      scope.addHook('onRequest', async (request, reply) => {
        reply.header('content-security-policy', POLICY);
        await this.operators.admit(request);
        verifyQuery(request.query as Record<string, string | string[] | undefined>);
      });
      await scope.register(adapter.registerPlugin(), { prefix: PATH });
    });
  }
}
