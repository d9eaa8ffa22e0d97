import { Post } from './post';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T00:01:00Z');
const draft = { title: 'Swifts are back', content: 'Saw the first three.', tags: ['birds', 'spring'] };

describe('a post', () => {
  let post: Post;

  beforeEach(() => {
    post = Post.create('author', draft, now);
    post.takeEvents();
  });

  const told = () => post.takeEvents().map(({ definition, data }) => [definition.type, data]);

  it('raises an event when it is published', () => {
    const [event, ...rest] = Post.create('author', draft, now).takeEvents();
    expect(event).toMatchObject({
      definition: { type: 'social.post-created' },
      data: { authorId: 'author', title: draft.title, tags: draft.tags },
      sequence: 1,
    });
    expect(rest).toEqual([]);
  });

  it.each([
    { title: 'They are gone' },
    { content: 'Until May.' },
    { tags: ['spring', 'birds'] },
    { tags: [] },
  ])('says something else after %o, and keeps the rest', (changes) => {
    expect(post.update(changes, later)).toBe(true);
    expect(post.snapshot()).toMatchObject({
      ...draft,
      ...changes,
      createdAt: now,
      updatedAt: later,
      version: 2,
    });
    const { title, tags } = { ...draft, ...changes };
    expect(told()).toEqual([['social.post-updated', { authorId: 'author', title, tags }]]);
  });

  it.each([{}, { ...draft, tags: [...draft.tags] }, { title: undefined }])(
    'is the same after %o, which says nothing new',
    (changes) => {
      expect(post.update(changes, later)).toBe(false);
      expect(post.snapshot()).toMatchObject({ ...draft, updatedAt: now, version: 1 });
      expect(told()).toEqual([]);
    },
  );

  it('raises an event when it is deleted', () => {
    post.delete();
    expect(told()).toEqual([['social.post-deleted', { authorId: 'author' }]]);
  });

  const permitted = (...permissions: string[]) => ({ userId: 'other', permissions: new Set(permissions) });
  const forbidden = expect.objectContaining({ code: 'auth.forbidden' });

  it('is changed and deleted by its author, whatever the author may do else', () => {
    const author = { userId: 'author', permissions: new Set<string>() };
    post.verifyUpdater(author);
    post.verifyDeleter(author);
  });

  it('is changed by others with the permission to change posts alone', () => {
    post.verifyUpdater(permitted('posts:update:any'));
    const others = permitted('posts:delete:any', 'comments:update:any');
    expect(() => post.verifyUpdater(others)).toThrow(forbidden);
  });

  it('is deleted by others with the permission to delete posts alone', () => {
    post.verifyDeleter(permitted('posts:delete:any'));
    const others = permitted('posts:update:any', 'comments:delete:any');
    expect(() => post.verifyDeleter(others)).toThrow(forbidden);
  });
});
