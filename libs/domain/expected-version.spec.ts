import { assertVersion, type ExpectedVersion, StaleVersion } from '.';

describe('A change that expects a version', () => {
  const change = (expected: ExpectedVersion) => () => assertVersion(3, expected);

  it.each<[ExpectedVersion]>([[[3]], [[1, 3]], ['any']])(
    'goes on when it expects %j of version 3',
    (expected) => expect(change(expected)).not.toThrow(),
  );

  it.each<[ExpectedVersion]>([[[2]], [[]]])(
    'is refused when it expects %j, and told the version',
    (expected) => {
      expect(change(expected)).toThrow(StaleVersion);
      expect(change(expected)).toThrow(
        expect.objectContaining({ code: 'precondition.failed', kind: 'conflict', version: 3 }),
      );
    },
  );

  it('is refused when it expects nothing', () =>
    expect(change(undefined)).toThrow(expect.objectContaining({ code: 'precondition.required' })));
});
