import { StoryCreated, StoryDeleted } from '../contract';
import { Story, type StoryDraft } from './story';

const now = new Date('2026-11-22T10:00:00.000Z');
const draft: StoryDraft = { text: 'Hello', mediaKey: null, visibility: 'public', audience: null };
const publish = (changes: Partial<StoryDraft> = {}) =>
  Story.publish('author', { ...draft, ...changes }, now, 60);
const rejected = (code: string) => expect.objectContaining({ code });

describe('A story', () => {
  it('ends when its time is over, and says so in its event', () => {
    const story = publish();
    expect(story.snapshot()).toMatchObject({
      expiresAt: new Date('2026-11-22T10:01:00.000Z'),
      endedAt: null,
      deletedAt: null,
    });
    expect(story.takeEvents()).toMatchObject([
      { definition: StoryCreated, data: { visibility: 'public', expiresAt: '2026-11-22T10:01:00.000Z' } },
    ]);
  });

  it('has a text or media', () => {
    expect(publish({ text: null, mediaKey: 'key' }).snapshot().text).toBeNull();
    expect(publish({ text: '', mediaKey: 'key' }).snapshot().text).toBeNull();
    for (const text of [null, '']) expect(() => publish({ text })).toThrow(rejected('stories.empty'));
  });

  it('has an audience only if it is for friends', () => {
    expect(publish().snapshot().restricted).toBe(false);
    expect(publish({ visibility: 'friends', audience: ['a'] }).snapshot().restricted).toBe(true);
    for (const visibility of ['public', 'private'] as const)
      expect(() => publish({ visibility, audience: ['a'] })).toThrow(
        rejected('stories.audience-without-friends'),
      );
  });

  it('leaves the feeds when it is deleted; an expired one keeps its end time', () => {
    const story = publish();
    story.delete(now);
    expect(story.snapshot()).toMatchObject({ deletedAt: now, endedAt: now });
    expect(story.takeEvents().at(-1)!.definition).toBe(StoryDeleted);
    const ended = new Story({ ...publish().snapshot(), endedAt: new Date(0) });
    ended.delete(now);
    expect(ended.snapshot()).toMatchObject({ deletedAt: now, endedAt: new Date(0) });
  });
});
