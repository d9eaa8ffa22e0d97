import { Comment } from './comment';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T00:01:00Z');

describe('a comment', () => {
  let comment: Comment;

  beforeEach(() => {
    comment = Comment.add('post', 'author', 'Here too!', now);
    comment.takeEvents();
  });

  const told = () => comment.takeEvents().map(({ definition, data }) => [definition.type, data]);
  const itself = { postId: 'post', authorId: 'author' };

  it('raises an event without its text when it is added', () => {
    const [event] = Comment.add('post', 'author', 'Here too!', now).takeEvents();
    expect(event).toMatchObject({ definition: { type: 'social.comment-added' }, sequence: 1 });
    expect(event!.data).toEqual(itself);
  });

  it('has the new content after a change', () => {
    expect(comment.update('Not here.', later)).toBe(true);
    expect(comment.snapshot()).toMatchObject({
      content: 'Not here.',
      createdAt: now,
      updatedAt: later,
      version: 2,
    });
    expect(told()).toEqual([['social.comment-updated', itself]]);
  });

  it.each(['Here too!', undefined])('is the same after %o, which says nothing new', (content) => {
    expect(comment.update(content, later)).toBe(false);
    expect(comment.snapshot()).toMatchObject({ content: 'Here too!', updatedAt: now, version: 1 });
    expect(told()).toEqual([]);
  });

  it('raises an event when it is deleted', () => {
    comment.delete();
    expect(told()).toEqual([['social.comment-deleted', itself]]);
  });

  const permitted = (...permissions: string[]) => ({ userId: 'other', permissions: new Set(permissions) });
  const forbidden = expect.objectContaining({ code: 'auth.forbidden' });

  it('is changed and deleted by its author', () => {
    const author = { userId: 'author', permissions: new Set<string>() };
    comment.verifyUpdater(author);
    comment.verifyDeleter(author);
  });

  it('is changed by others with the permission to change comments alone', () => {
    comment.verifyUpdater(permitted('comments:update:any'));
    const others = permitted('comments:delete:any', 'posts:update:any');
    expect(() => comment.verifyUpdater(others)).toThrow(forbidden);
  });

  it('is deleted by others with the permission to delete comments alone', () => {
    comment.verifyDeleter(permitted('comments:delete:any'));
    const others = permitted('comments:update:any', 'posts:delete:any');
    expect(() => comment.verifyDeleter(others)).toThrow(forbidden);
  });
});
