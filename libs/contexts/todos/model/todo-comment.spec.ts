import { newId } from '@rookery/domain';
import { mentionsIn, TodoComment } from './todo-comment';

describe('A comment on a todo', () => {
  it.each<[string, string[]]>([
    ['@ada please', ['ada']],
    ['Ask @Ada, @bob-2 and (@carl_3).', ['ada', 'bob-2', 'carl_3']],
    ['twice @ada @ADA', ['ada']],
    ['At the end of a sentence: @ada.', ['ada']],
    ['ada@example.com, @@ada, @a, x@ada', []],
    [
      Array.from({ length: 30 }, (_, nr) => `@user${nr}`).join(' '),
      Array.from({ length: 20 }, (_, nr) => `user${nr}`),
    ],
  ])('mentions in %j %j', (text, names) => expect(mentionsIn(text)).toEqual(names));

  it('reports each mentioned member once', () => {
    const of = { todoId: newId(), workspaceId: newId(), authorId: newId() };
    const [ada, bob] = [newId(), newId()];
    const comment = TodoComment.add(of, '@ada', [ada], new Date());
    expect(comment.update('@ada', [ada], new Date())).toBe(false);
    comment.update('@ada @bob', [ada, bob], new Date());
    expect(comment.takeEvents().map(({ data }) => data)).toEqual([
      { ...of, mentionedIds: [ada] },
      { ...of, mentionedIds: [bob] },
    ]);
  });
});
