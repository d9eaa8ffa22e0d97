import { assertVersion } from '@rookery/domain';
import { readIfMatch, requireIfMatch } from './etag';
import { problemOfError } from './problem-of-error';
import { Problems } from './problems';

const verify = (header: string | undefined) => () => assertVersion(3, readIfMatch(header));
const code = (value: string) => expect.objectContaining({ code: value });

/** The response to a change of version 3. */
function answerTo(header: string | undefined) {
  try {
    verify(header)();
  } catch (error) {
    return problemOfError(error, header);
  }
  throw new Error(`${header} is not refused.`);
}

describe('If-Match', () => {
  it.each(['"3"', '*', '"1", "3"', ' "3" ', '"3-c2lnbmF0dXJl"', '"3-"', '"1-a", "3-b"'])(
    '%s names version 3',
    (header) => expect(verify(header)).not.toThrow(),
  );

  it.each(['"2"', '3', 'W/"3"', 'W/"3-a"', '"33"', '"33-3"', '"2-3"', '"3a"', '"03"', '"-3"', '""', 'x'])(
    '%s does not name version 3 (412)',
    (header) => {
      expect(verify(header)).toThrow(code('precondition.failed'));
      expect(answerTo(header)).toMatchObject({ definition: { status: 412, code: 'precondition.failed' } });
    },
  );

  it.each([undefined, '', ' '])('is required: %j is refused (428)', (header) => {
    expect(verify(header)).toThrow(code('precondition.required'));
    expect(answerTo(header)).toEqual({
      definition: Problems.preconditionRequired,
      options: {},
      unexpected: false,
    });
  });

  it('returns the current version when it rejects another', () => {
    expect(answerTo('"2"').options).toEqual({ headers: { etag: '"3"' } });
  });

  it.each(['2', '3', 'x', '"2", 3'])('%s is not an ETag, and the response shows an example', (header) =>
    expect(answerTo(header).options.detail).toMatch('An ETag is in double quotes, such as "3"'),
  );

  it.each(['"2"', 'W/"3"'])('%s is one', (header) => expect(answerTo(header).options.detail).toBeUndefined());

  it('can be asked for on the request', () => {
    expect(() => requireIfMatch({ headers: { 'if-match': '"4"' } }, 3)).toThrow(code('precondition.failed'));
    expect(() => requireIfMatch({ headers: { 'if-match': '"4"' } }, 4)).not.toThrow();
  });
});
