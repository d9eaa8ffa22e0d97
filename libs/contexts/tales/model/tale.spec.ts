import { Tale } from './tale';

const NOW = new Date('2030-01-01T00:00:00Z');
const WISH = { prompt: null, interests: ['cats'], tone: 'calm', length: 'short', language: 'en' };
const STORY = { title: 'Cats', content: 'There were cats.', words: 3 };

describe('A tale', () => {
  const requested = () => Tale.request('somebody', WISH, NOW);
  const failed = () => {
    const tale = requested();
    tale.begin(1, 'embedded');
    tale.fail(1, 'timed-out', NOW);
    return tale;
  };
  const events = (tale: Tale) => tale.takeEvents().map(({ definition }) => definition.type);

  it('is requested, begun and finished', () => {
    const tale = requested();
    expect(tale.begin(1, 'embedded')).toBe(true);
    expect(tale.snapshot()).toMatchObject({ status: 'generating', generator: 'embedded' });
    tale.finish(STORY, NOW);
    expect(tale.snapshot()).toMatchObject({ status: 'ready', ...STORY, language: 'en', finishedAt: NOW });
    expect(tale.active).toBe(false);
    expect(events(tale)).toEqual(['tales.tale-requested', 'tales.tale-started', 'tales.tale-generated']);
  });

  it('can be started again, which invalidates the earlier claim', () => {
    const tale = requested();
    tale.begin(1, 'embedded');
    const claim = tale.version;
    expect(tale.holds(claim)).toBe(true);
    tale.begin(1, 'embedded');
    expect(tale.holds(claim)).toBe(false);
    expect(tale.holds(tale.version)).toBe(true);
  });

  it('is canceled once, and is not begun after that', () => {
    const tale = requested();
    tale.begin(1, 'embedded');
    const claim = tale.version;
    expect(tale.cancel(NOW)).toBe(true);
    expect(tale.cancel(NOW)).toBe(false);
    expect(tale.holds(claim)).toBe(false);
    expect(tale.begin(1, 'embedded')).toBe(false);
    expect(tale.fail(1, 'internal', NOW)).toBe(false);
  });

  it('cannot be canceled when it is ready or has failed', () => {
    const ready = requested();
    ready.begin(1, 'embedded');
    ready.finish(STORY, NOW);
    for (const tale of [ready, failed()]) expect(() => tale.cancel(NOW)).toThrow('finished');
  });

  it('can be requested again when it has failed, and only then', () => {
    const tale = failed();
    tale.retry(NOW);
    expect(tale.snapshot()).toMatchObject({ status: 'requested', run: 2, failure: null, finishedAt: null });
    expect(() => tale.retry(NOW)).toThrow('failed');
  });

  it('ignores what belongs to an earlier request', () => {
    const tale = failed();
    tale.retry(NOW);
    expect(tale.begin(1, 'embedded')).toBe(false);
    expect(tale.fail(1, 'internal', NOW)).toBe(false);
    expect(tale.begin(2, 'embedded')).toBe(true);
  });

  it('starts again if an operator redrives the failed delivery', () => {
    const tale = failed();
    expect(tale.begin(1, 'embedded')).toBe(true);
    expect(tale.snapshot()).toMatchObject({ status: 'generating', failure: null, finishedAt: null });
  });

  it('says which language it is in, where that is another one', () => {
    const tale = Tale.request('somebody', { ...WISH, language: 'fr' }, NOW);
    tale.begin(1, 'embedded');
    tale.finish({ ...STORY, language: 'en' }, NOW);
    expect(tale.snapshot().language).toBe('en');
  });
});
