import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, pathWithoutSecrets, withWorkContext } from '@rookery/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowedMethods } from './allowed-methods';
import { problemHeaders, problemOf, type RefusalOptions } from './problem';
import { problemOfError } from './problem-of-error';
import { type ProblemDefinition, Problems } from './problems';

/** Turns every thrown error into `application/problem+json`. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly methods: AllowedMethods,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Responds to an error; also to errors outside of Nest. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (request.is404 && this.answerUnknownRoute(request, reply)) return;
    const { definition, options, unexpected } = problemOfError(error, request.headers['if-match']);
    if (unexpected) this.log(error, definition, request);
    // A streaming handler has already started its response: it can only be aborted.
    if (reply.sent || reply.raw.headersSent) {
      if (!reply.raw.writableEnded) reply.raw.destroy();
      return;
    }
    sendProblem(request, reply, definition, options);
  }

  /**
   * A route for files accepts the method, but not every path below it exists.
   *
   * @returns whether the path exists only with other methods; the response is then already sent
   */
  private answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): boolean {
    const methods = this.methods.of(request.url);
    if (methods.length === 0 || methods.includes(request.method)) return false;
    const allow = methods.join(', ');
    sendProblem(request, reply, Problems.methodNotAllowed, { headers: { allow } });
    return true;
  }

  private log(error: unknown, definition: ProblemDefinition, request: FastifyRequest): void {
    const route = request.routeOptions.url ?? 'unknown';
    const err = error instanceof Error ? error : new Error(`thrown without being an Error: ${typeof error}`);
    const level = definition.status === 503 ? 'warn' : 'error';
    const write = () => this.logger[level]({ err }, `${definition.code} on ${request.method} ${route}`);
    if (request.workContext) withWorkContext(request.workContext, write);
    else write();
  }
}

/** Responds with a problem. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  definition: ProblemDefinition,
  options: RefusalOptions = {},
): void {
  const problem = problemOf(
    definition,
    { url: pathWithoutSecrets(request), traceparent: request.workContext?.traceparent ?? null },
    options,
  );
  void reply
    .code(definition.status)
    .headers(problemHeaders(definition, request.headers.authorization, options))
    .serializer(JSON.stringify)
    .send(problem);
}
