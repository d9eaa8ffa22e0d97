import { RefusalTally } from './refusal-tally';

const refusal = (subjectId: string | null = null, action = 'identity.log-in') => ({
  action,
  code: 'identity.bad-credentials',
  subjectId,
});

describe('the tally of refusals', () => {
  it('admits the first five of a kind and counts the others', () => {
    const tally = new RefusalTally();
    const admitted = Array.from({ length: 100 }, () => tally.admit(refusal('a')));
    expect(admitted.filter(Boolean)).toHaveLength(5);
    expect(tally.admit(refusal('b'))).toBe(true);
    expect(tally.take()).toEqual([{ ...refusal('a'), count: 95 }]);
  });

  it('starts over after it is read', () => {
    const tally = new RefusalTally();
    for (let n = 0; n < 6; n += 1) tally.admit(refusal());
    tally.take();
    expect(tally.admit(refusal())).toBe(true);
    expect(tally.take()).toEqual([]);
  });

  it('is limited however many kinds there are, and loses no count', () => {
    const tally = new RefusalTally();
    const subjects = Array.from({ length: 10_000 }, (_, index) => `subject ${index}`);
    const admitted = subjects.map((subject) => tally.admit(refusal(subject))).filter(Boolean).length;
    expect(admitted).toBe(50);
    expect(tally.take()).toEqual([{ ...refusal(null), count: 10_000 - admitted }]);
  });
});
