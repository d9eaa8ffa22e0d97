import { isDependencyUnavailable } from './dependency-errors';

const coded = (code: string, message = 'text of a library') => Object.assign(new Error(message), { code });
const named = (name: string) => Object.assign(new Error('text of a library'), { name });

describe('A dependency is unavailable when', () => {
  it.each<[string, unknown]>([
    ['nobody listens', coded('ECONNREFUSED')],
    ['its name does not resolve', coded('EAI_AGAIN')],
    ['PostgreSQL has too many connections', coded('53300')],
    ['PostgreSQL shuts down', coded('57P01')],
    ['PostgreSQL starts', coded('57P03')],
    ['a statement takes too long', coded('57014')],
    ['a lock takes too long', coded('55P03')],
    ['a connection breaks', coded('08006')],
    ['the disk of PostgreSQL is full', coded('53100')],
    ['the pool hands out no client', new Error('timeout exceeded when trying to connect')],
    ['a client was cut off', new Error('Connection terminated unexpectedly')],
    ['a query times out at the client', new Error('Query read timeout')],
    ['ioredis gives up', named('MaxRetriesPerRequestError')],
    ['ioredis has closed', new Error('Connection is closed.')],
    ['ioredis does not queue', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['Redis loads its data', new Error('LOADING Redis is loading the dataset in memory')],
    ['TypeORM wraps one of these', Object.assign(new Error('x'), { driverError: coded('57P01') })],
    ['the cause is one of these', new Error('x', { cause: coded('ECONNRESET') })],
    ['every address refuses', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])],
  ])('%s', (_, error) => expect(isDependencyUnavailable(error)).toBe(true));
});

describe('An error is our own bug if', () => {
  it.each<[string, unknown]>([
    ['a read-only transaction writes', coded('25006')],
    ['a statement has a syntax error', coded('42601')],
    ['a statement gets too few parameters', coded('08P01')],
    ['a unique key is violated', coded('23505')],
    ['a file is missing', coded('ENOENT')],
    ['a message only mentions a connection', new Error('The Connection is closed. to visitors')],
    ['something else is thrown', 'ECONNREFUSED'],
    ['nothing is thrown', undefined],
  ])('%s', (_, error) => expect(isDependencyUnavailable(error)).toBe(false));

  it('an error is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(isDependencyUnavailable(error)).toBe(false);
  });
});
