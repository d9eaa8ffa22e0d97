import { ecsFormat } from '@elastic/ecs-pino-format';
import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import pino, { type DestinationStream, type Logger } from 'pino';
import { traceIdOf, workContext } from './context';
import { LogBuffer } from './log-buffer';
import { LogSettings } from './log-settings';
import { redact, redactText } from './redact';

export type { Logger } from 'pino';

const buffer = new LogBuffer();

/**
 * Builds a logger: one JSON object per line with the field names of the Elastic Common Schema, the ids of the current
 * work context, and without secrets.
 *
 * @param settings level and names
 * @param destination output stream; standard output by default
 */
export function createLogger(settings: LogSettings, destination: DestinationStream = buffer): Logger {
  const ecs = ecsFormat({
    apmIntegration: false,
    convertReqRes: false,
    serviceName: settings.serviceName,
    serviceVersion: settings.serviceVersion,
  });
  const options: pino.LoggerOptions = {
    ...ecs,
    level: settings.level,
    formatters: { ...ecs.formatters, log: withoutSecrets },
    mixin: idsOfWork,
    hooks: {
      logMethod(parts, method) {
        method.apply(this, partsWithoutSecrets(parts));
      },
    },
  };
  const logger = pino(options, destination);
  hideSecretsOfChildren(logger);
  return logger;
}

/**
 * The fields of a child are serialized when it is created, bypassing the line formatter; grandchildren inherit this.
 */
function hideSecretsOfChildren(logger: Logger): void {
  // oxlint-disable-next-line typescript/unbound-method -- each child calls it on itself
  const { child } = logger;
  const redacting = function (
    this: Logger,
    fields: pino.Bindings,
    options?: pino.ChildLoggerOptions,
  ): unknown {
    return child.call(this as never, redact(fields) as pino.Bindings, options as never);
  };
  logger.child = redacting as typeof child;
}

function withoutSecrets(line: object): Record<string, unknown> {
  const { err, ...rest } = redact(line) as Record<string, unknown>;
  return err === undefined ? rest : { ...rest, error: err };
}

type Parts = Parameters<pino.LogFn>;

function partsWithoutSecrets(parts: Parts): Parts {
  const [first, ...rest] = parts as unknown[];
  const texts = rest.map((part) => redact(part));
  // If an error is logged without a wrapper, pino takes the message from the error itself.
  if (first instanceof Error)
    return [{ err: first }, ...(texts.length > 0 ? texts : [redactText(first.message)])] as never;
  return [typeof first === 'string' ? redactText(first) : first, ...texts] as never;
}

function idsOfWork(): Record<string, string> {
  const { correlationId, causationId, actorId, traceparent } = workContext();
  const ids: Record<string, string> = {};
  const traceId = traceIdOf(traceparent);
  if (traceId !== undefined) ids['trace.id'] = traceId;
  if (correlationId !== null) ids['http.request.id'] = correlationId;
  if (causationId !== null) ids['event.causation_id'] = causationId;
  if (actorId !== null) ids['user.id'] = actorId;
  return ids;
}

let root: Logger | undefined;

/** @returns the logger of this process, created from the environment on first use. */
export function rootLogger(): Logger {
  return (root ??= createLogger(new LogSettings()));
}

/** Writes the lines of the process in blocks from now on; see {@link LogBuffer.begin}. */
export function bufferLog(): void {
  buffer.begin();
}

/** Injection token of the logger of the process, without its own context. */
export const LOGGER = Symbol('logger');

/**
 * Nest's own `Logger` and the injectable `PinoLogger` write through the logger of the process. The line per request
 * comes from `logRequests`, not from a middleware, because that is cheaper.
 */
@Module({})
export class LoggingModule {
  /** @param logger target logger; that of the process by default */
  static forRoot(logger: Logger = rootLogger()): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }],
      exports: [LOGGER],
      imports: [
        LoggerModule.forRoot({
          pinoHttp: { logger, autoLogging: false },
          forRoutes: [],
          renameContext: 'log.logger',
        }),
      ],
    };
  }
}
