import { isDatabaseUnavailable, violatedUnique } from '.';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('PostgreSQL counts as unavailable', () => {
  it.each(['57P01', '57P03', '53300', '08006', 'ECONNREFUSED', 'ECONNRESET'])(
    'when the code is %s',
    (code) => {
      expect(isDatabaseUnavailable(withCode(code))).toBe(true);
      expect(isDatabaseUnavailable({ driverError: withCode(code) })).toBe(true);
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'Query read timeout',
    'timeout exceeded when trying to connect',
  ])('when the driver says "%s"', (message) => expect(isDatabaseUnavailable(new Error(message))).toBe(true));
});

describe('PostgreSQL does not count as unavailable', () => {
  it.each(['23505', '57014', '40P01', '55P03', '25006', '22P02', '08P01'])(
    'when it refuses a statement with %s',
    (code) => {
      expect(isDatabaseUnavailable(withCode(code))).toBe(false);
    },
  );

  it.each([new Error('x'), undefined, null, 'text', {}])('when the failure is %p', (error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});

describe('A unique constraint that is violated', () => {
  it('is named, also if the failure is wrapped', () => {
    const failure = Object.assign(withCode('23505'), { constraint: 'users_name_key' });
    expect(violatedUnique(failure)).toBe('users_name_key');
    expect(violatedUnique({ driverError: failure })).toBe('users_name_key');
  });

  it('is none for any other failure', () => {
    expect(
      violatedUnique(Object.assign(withCode('23503'), { constraint: 'users_name_key' })),
    ).toBeUndefined();
    expect(violatedUnique(new Error('x'))).toBeUndefined();
  });
});
