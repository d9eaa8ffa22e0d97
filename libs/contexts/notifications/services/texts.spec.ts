import { newId } from '@rookery/domain';
import { KIND_NAMES, KINDS } from '../model/kinds';
import type { NotificationView } from '../views/inbox';
import { textsOf } from './texts';

const id = newId();
const TARGETS = {
  user: { type: 'user', id },
  post: { type: 'post', id, title: 'Swifts', commentId: null },
  story: { type: 'story', id, text: null },
  tale: { type: 'tale', id, title: 'Swifts' },
  workspace: { type: 'workspace', id, name: 'Swifts' },
  todo: { type: 'todo', id, workspaceId: id, title: 'Swifts', dueDate: null, commentId: null },
} as const;

const notification = (kind: string, own: Partial<NotificationView> = {}): NotificationView => ({
  id,
  kind,
  actors: [{ id, username: 'ada', name: 'Ada Lovelace' }],
  actorsCount: 1,
  target: TARGETS.user,
  createdAt: new Date(0),
  readAt: null,
  ...own,
});

describe('The text of a notification', () => {
  it('is different for every kind and language', () => {
    const texts = KIND_NAMES.flatMap((kind) => {
      const { en, de } = textsOf(notification(kind, { target: TARGETS[KINDS[kind].target] }));
      return [en, de];
    });
    expect(new Set(texts).size).toBe(KIND_NAMES.length * 2);
    expect(texts.filter((text) => text.length < 15 || /undefined|null|…/.test(text))).toEqual([]);
  });

  it('contains the name of the latest user, and the number of others', () => {
    const told = textsOf(notification('like', { actorsCount: 3, target: TARGETS.post }));
    expect(told.en).toBe('Ada Lovelace and 2 more liked “Swifts”');
    expect(told.de).toContain('Ada Lovelace und 2 weitere');
  });

  it('contains no names that are not shown', () => {
    expect(textsOf(notification('like', { actors: [], actorsCount: 9, target: TARGETS.post })).en).toBe(
      '… and 8 more liked “Swifts”',
    );
    const workspace = { ...TARGETS.workspace, name: null };
    expect(textsOf(notification('workspaceAdded', { target: workspace })).en).toContain('“…”');
  });
});
