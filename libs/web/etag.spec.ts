import { ExpectedVersion, requireIfMatch } from './etag';

const verify = (header: string | undefined) => () => new ExpectedVersion(header).verify(3);
const code = (value: string) =>
  expect.objectContaining({ definition: expect.objectContaining({ code: value }) });

describe('If-Match', () => {
  it.each(['"3"', '*', '"1", "3"', ' "3" ', '"3-c2lnbmF0dXJl"', '"3-"', '"1-a", "3-b"'])(
    '%s names version 3',
    (header) => expect(verify(header)).not.toThrow(),
  );

  it.each(['"2"', '3', 'W/"3"', 'W/"3-a"', '"33"', '"33-3"', '"2-3"', '"3a"', '"-3"', '""', 'x'])(
    '%s does not name version 3 (412)',
    (header) => expect(verify(header)).toThrow(code('precondition.failed')),
  );

  it.each([undefined, '', ' '])('is required: %j is refused (428)', (header) =>
    expect(verify(header)).toThrow(code('precondition.required')),
  );

  it('tells the version there is when it refuses another', () => {
    expect(verify('"2"')).toThrow(expect.objectContaining({ options: { headers: { etag: '"3"' } } }));
  });

  it.each(['2', '3', 'x', '"2", 3'])('%s is no ETag, and the answer says what one looks like', (header) =>
    expect(verify(header)).toThrow('one stands in double quotes, such as "3"'),
  );

  it.each(['"2"', 'W/"3"'])('%s is one', (header) =>
    expect(verify(header)).not.toThrow(expect.objectContaining({ message: expect.stringMatching(/quotes/) })),
  );

  it('can be asked for on the request', () => {
    expect(() => requireIfMatch({ headers: { 'if-match': '"4"' } }, 3)).toThrow(code('precondition.failed'));
    expect(() => requireIfMatch({ headers: { 'if-match': '"4"' } }, 4)).not.toThrow();
  });
});
