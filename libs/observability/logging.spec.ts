import { Logger as NestLogger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Logger as PinoNestLogger } from 'nestjs-pino';
import { createLogger, LoggingModule, LogSettings, withWorkContext } from '.';

class Lines {
  readonly all: Record<string, unknown>[] = [];

  write(line: string): void {
    this.all.push(JSON.parse(line) as Record<string, unknown>);
  }

  get last(): Record<string, unknown> {
    return this.all.at(-1)!;
  }
}

const settings = new LogSettings({
  LOG_LEVEL: 'info',
  SERVICE_NAME: 'rookery-api',
  SERVICE_VERSION: '1.2.3',
});

describe('A line of the log', () => {
  let lines: Lines;
  let logger: ReturnType<typeof createLogger>;

  beforeEach(() => {
    lines = new Lines();
    logger = createLogger(settings, lines);
  });

  it('has the field names of the Elastic Common Schema', () => {
    logger.info({ 'event.duration': 5 }, 'hello');
    expect(lines.last).toMatchObject({
      '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      'log.level': 'info',
      message: 'hello',
      'ecs.version': expect.any(String),
      'service.name': 'rookery-api',
      'service.version': '1.2.3',
      'event.duration': 5,
    });
  });

  it('contains the ids of the current work context', () => {
    const context = {
      correlationId: 'request-1',
      causationId: 'event-1',
      actorId: 'user-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    withWorkContext(context, () => logger.info('inside'));
    expect(lines.last).toMatchObject({
      'http.request.id': 'request-1',
      'event.causation_id': 'event-1',
      'user.id': 'user-1',
      'trace.id': '4bf92f3577b34da6a3ce929d0e0e4736',
    });
    logger.info('outside');
    expect(lines.last).not.toHaveProperty('trace.id');
  });

  it('holds type, message and stack of an error, with those of its cause', () => {
    logger.error({ err: new TypeError('outer', { cause: new Error('inner') }) }, 'failed');
    expect(lines.last.error).toEqual({
      type: 'TypeError',
      message: 'outer',
      stack_trace: expect.stringMatching(/TypeError: outer[^]+Caused by: Error: inner/),
    });
  });

  it('is not written below the level', () => {
    logger.debug('quiet');
    expect(lines.all).toEqual([]);
  });

  it('is written by the Logger of Nest too, with its context', async () => {
    const module = await Test.createTestingModule({ imports: [LoggingModule.forRoot(logger)] }).compile();
    module.useLogger(module.get(PinoNestLogger));
    new NestLogger('Relay').warn('slow');
    expect(lines.last).toMatchObject({ 'log.level': 'warn', message: 'slow', 'log.logger': 'Relay' });
    new NestLogger('Relay').error('broken', new Error('why').stack);
    expect(lines.last).toMatchObject({ 'log.level': 'error', 'log.logger': 'Relay' });
    await module.close();
  });
});

describe('A secret', () => {
  const canary = 'canary-7f3a';
  const ways: [string, (logger: ReturnType<typeof createLogger>) => void][] = [
    ...[
      'password',
      'newPassword',
      'current_password',
      'token',
      'refreshToken',
      'access_token',
      'authorization',
      'Authorization',
      'cookie',
      'set-cookie',
      'code',
      'otp',
      'apiKey',
      'x-api-key',
      'clientSecret',
      'recoveryCodes',
      'query',
      'privateKey',
    ].map((name): [string, (logger: ReturnType<typeof createLogger>) => void] => [
      `in the field ${name}`,
      (logger) => logger.info({ body: { list: [{ [name]: canary }] }, [name]: canary }, 'x'),
    ]),
    ['in a list of secrets', (logger) => logger.info({ tokens: [canary] }, 'x')],
    ['in a bearer header inside a text', (logger) => logger.info({ note: `sent Bearer ${canary}` }, 'x')],
    ['in the message itself', (logger) => logger.info(`Bearer ${canary}`)],
    [
      'in the address of an authenticator app',
      (logger) => logger.info(`open otpauth://totp/x?secret=${canary}`),
    ],
    ['in an API key', (logger) => logger.info(`used rk_${canary}`)],
    ['in a JWT', (logger) => logger.info(`eyJhbGciOi.eyJzdWIi${canary}.sig${canary}`)],
    ['in a connection address', (logger) => logger.info(`postgres://rookery:${canary}@db/rookery`)],
    ['in the message of an error', (logger) => logger.error({ err: new Error(`Bearer ${canary}`) }, 'x')],
    [
      'in the cause of an error',
      (logger) => logger.error({ err: new Error('x', { cause: new Error(`Bearer ${canary}`) }) }),
    ],
    [
      'in a property of an error',
      (logger) => logger.error({ err: Object.assign(new Error('x'), { parameters: [canary] }) }),
    ],
    ['in an error that is logged bare', (logger) => logger.error(new Error(`Basic ${canary}`))],
    ['in a child of the logger', (logger) => logger.child({ scope: 'x' }).info({ password: canary })],
    ['in the fields of a child', (logger) => logger.child({ password: canary }).info('x')],
  ];

  it.each(ways)('%s does not reach the log', (_, write) => {
    const lines = new Lines();
    write(createLogger(settings, lines));
    expect(lines.all).toHaveLength(1);
    expect(JSON.stringify(lines.all)).not.toContain(canary);
  });

  it('is hidden without touching the object that was logged', () => {
    const body = { password: canary };
    createLogger(settings, new Lines()).info({ body }, 'x');
    expect(body.password).toBe(canary);
  });

  it('deletes nothing else', () => {
    const lines = new Lines();
    createLogger(settings, lines).info(
      { 'http.response.status_code': 200, postcode: '1010', names: ['Ada'] },
      'all is well',
    );
    expect(lines.last).toMatchObject({
      'http.response.status_code': 200,
      postcode: '1010',
      names: ['Ada'],
      message: 'all is well',
    });
  });
});
