import { HttpException, NotFoundException } from '@nestjs/common';
import { DependencyUnavailable, defineRejection, Rejection, type RejectionKind } from '@rookery/domain';
import { problemOfError } from './problem-of-error';
import { definedProblems, problemByCode, Problems } from './problems';

const kinds: [RejectionKind, number][] = [
  ['invalid', 422],
  ['unauthenticated', 401],
  ['forbidden', 403],
  ['missing', 404],
  ['conflict', 409],
  ['gone', 410],
  ['locked', 423],
  ['unavailable', 503],
];

describe('A rejection of the domain', () => {
  it.each(kinds)('of kind %s is answered with %d', (kind, status) => {
    const definition = defineRejection(`status.${kind}`, kind, 'It is so.', 'Live with it.');
    const { definition: problem, options, unexpected } = problemOfError(new Rejection(definition));
    expect(problem).toMatchObject({
      code: `status.${kind}`,
      status,
      meaning: 'It is so.',
      remedy: 'Live with it.',
    });
    expect(options.detail).toBe('It is so.');
    expect(unexpected).toBe(false);
  });

  it('passes on when to try again', () => {
    const error = new Rejection(DependencyUnavailable, { retryAfterSeconds: 30 });
    expect(problemOfError(error).options.retryAfterSeconds).toBe(30);
    expect(problemOfError(new Rejection(DependencyUnavailable)).options.retryAfterSeconds).toBeGreaterThan(0);
  });
});

describe('An error', () => {
  it('that is unexpected is internal, without details', () => {
    const answered = problemOfError(new Error('select * from secrets'));
    expect(answered).toEqual({ definition: Problems.internal, options: {}, unexpected: true });
  });

  it.each([undefined, null, 'text', 7, {}])('may be %j', (thrown) =>
    expect(problemOfError(thrown).definition).toBe(Problems.internal),
  );

  it('of a dependency is answered 503 and is still logged', () => {
    const answered = problemOfError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
    expect(answered.definition.code).toBe('dependency.unavailable');
    expect(answered).toMatchObject({ unexpected: true, options: { retryAfterSeconds: expect.any(Number) } });
  });

  it.each([
    [400, 'request.invalid'],
    [401, 'auth.unauthenticated'],
    [403, 'auth.forbidden'],
    [404, 'resource.not-found'],
    [409, 'resource.conflict'],
    [418, 'request.invalid'],
    [429, 'rate.limited'],
    [500, 'internal'],
    [502, 'internal'],
    [503, 'dependency.unavailable'],
  ])('of a library with status %d becomes %s without its text', (status, code) => {
    const { definition, options } = problemOfError(new HttpException('text of a library', status));
    expect(definition.code).toBe(code);
    expect(JSON.stringify(options)).not.toContain('library');
  });

  it('of Nest is read like any other', () => {
    expect(problemOfError(new NotFoundException()).definition).toBe(Problems.notFound);
  });
});

describe('The problems', () => {
  it('have codes, statuses, and sentences that say what it is and what to do', () => {
    for (const { code, status, title, meaning, remedy } of definedProblems()) {
      expect(code).toMatch(/^[a-z][a-z-]*(\.[a-z][a-z-]*)?$/);
      expect(status).toBeGreaterThanOrEqual(400);
      for (const text of [title, meaning, remedy]) expect(text).not.toBe('');
    }
  });

  it('include rejections that are defined later', () => {
    expect(problemByCode('late.arrival')).toBeUndefined();
    defineRejection('late.arrival', 'gone', 'Too late.', 'Come earlier.');
    expect(problemByCode('late.arrival')).toMatchObject({ status: 410, title: 'Arrival' });
  });
});
