import { unfitPatches } from './mutants.mts';

describe('the bugs that chaos must find', () => {
  it('can be planted in the code as it stands', () => {
    expect(unfitPatches()).toEqual([]);
  });
});
