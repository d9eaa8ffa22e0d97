import { newId } from '@rookery/domain';
import { WorkspaceCreated, WorkspaceDeleted, WorkspaceUpdated } from '../contract';
import { Workspace } from './workspace';

const NOW = new Date('2026-03-01T12:00:00Z');
const LATER = new Date('2026-03-02T12:00:00Z');
const DRAFT = { name: 'Spring count', description: 'Who counts what.' };

describe('A workspace', () => {
  const ownerId = newId();
  const shared = () => Workspace.onboard(ownerId, DRAFT, NOW);
  const personal = () => Workspace.personal(ownerId, NOW);
  const eventsOf = (workspace: Workspace) =>
    workspace.takeEvents().map(({ definition, data }) => [definition.type, data]);

  it('is created with an event that does not contain its texts', () => {
    expect(eventsOf(shared())).toEqual([[WorkspaceCreated.type, { ownerId, personal: false }]]);
    expect(eventsOf(personal())).toEqual([[WorkspaceCreated.type, { ownerId, personal: true }]]);
  });

  it('changes only the given fields', () => {
    const workspace = shared();
    eventsOf(workspace);
    expect(workspace.update({ description: null }, LATER)).toBe(true);
    expect(workspace.snapshot()).toMatchObject({ name: 'Spring count', description: null, updatedAt: LATER });
    expect(eventsOf(workspace)).toEqual([[WorkspaceUpdated.type, {}]]);
  });

  it('has no new version if nothing changes', () => {
    const workspace = shared();
    const { version } = workspace;
    for (const same of [{}, DRAFT, { name: DRAFT.name }]) expect(workspace.update(same, LATER)).toBe(false);
    expect(workspace).toMatchObject({ version });
    expect(workspace.snapshot().updatedAt).toBe(NOW);
  });

  it('is deleted unless it is personal', () => {
    const workspace = shared();
    eventsOf(workspace);
    workspace.delete();
    expect(eventsOf(workspace)).toEqual([[WorkspaceDeleted.type, { personal: false }]]);
    const own = personal();
    eventsOf(own);
    expect(() => own.delete()).toThrow(expect.objectContaining({ code: 'workspaces.personal' }));
    expect(eventsOf(own)).toEqual([]);
  });

  it('can be renamed if it is personal, but not shared', () => {
    const own = personal();
    expect(own.update({ name: 'Mine' }, LATER)).toBe(true);
    expect(() => own.verifyShared()).toThrow(expect.objectContaining({ code: 'workspaces.personal' }));
    expect(() => shared().verifyShared()).not.toThrow();
  });
});
