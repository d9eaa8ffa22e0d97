import { defineRejection, definedRejections, Rejection } from '.';

const Full = defineRejection('barn.full', 'conflict', 'The barn is full.', 'Wait for spring.');

describe('A rejection', () => {
  it('has kind, code and message of its definition', () => {
    const rejection = new Rejection(Full);
    expect(rejection).toMatchObject({ kind: 'conflict', code: 'barn.full', message: 'The barn is full.' });
    expect(rejection.retryAfterSeconds).toBeUndefined();
  });

  it('can say when a retry makes sense', () => {
    expect(new Rejection(Full, { retryAfterSeconds: 7 }).retryAfterSeconds).toBe(7);
  });

  it('is an Error, so that it aborts the operation', () => {
    expect(new Rejection(Full)).toBeInstanceOf(Error);
  });
});

describe('Defining a rejection', () => {
  it('refuses the same code twice', () => {
    expect(() => defineRejection('barn.full', 'gone', '', '')).toThrow('barn.full is defined twice');
  });

  it.each(['full', 'barn.Full', 'barn.is full', 'barn.full.up', 'barn_full.x'])(
    'refuses the misspelt code "%s"',
    (code) =>
      expect(() => defineRejection(code, 'gone', '', '')).toThrow('must have the form <area>.<reason>'),
  );

  it('lists every definition by code', () => {
    const codes = definedRejections().map(({ code }) => code);
    expect(codes).toContain('barn.full');
    expect(codes).toContain('resource.not-found');
    expect(codes).toEqual([...codes].sort((a, b) => a.localeCompare(b)));
  });
});
