import { Operation } from './operation';

const NOW = new Date('2030-01-01T00:00:00Z');
const HOLDERS = ['notes', 'identity'];

describe('a long-running operation', () => {
  const requested = (kind: 'erasure' | 'export' = 'erasure') => Operation.request(kind, 'somebody', NOW);
  const events = (operation: Operation) => operation.takeEvents().map(({ definition }) => definition.type);

  it('runs one context after the other until all have finished', () => {
    const operation = requested();
    expect(operation.next(HOLDERS)).toBe('notes');
    operation.finish('notes', HOLDERS, NOW);
    expect(operation.snapshot()).toMatchObject({ status: 'running', progress: 50 });
    operation.finish('identity', HOLDERS, NOW);
    expect(operation.snapshot()).toMatchObject({ status: 'succeeded', progress: 100, finishedAt: NOW });
    expect(operation.next(HOLDERS)).toBeUndefined();
    expect(events(operation)).toEqual([
      'identity.operation-requested',
      'identity.operation-continued',
      'identity.operation-ended',
    ]);
  });

  it('includes a context that was added while it ran', () => {
    const operation = requested();
    operation.finish('notes', HOLDERS, NOW);
    operation.finish('identity', ['tales', ...HOLDERS], NOW);
    expect(operation.next(['tales', ...HOLDERS])).toBe('tales');
    expect(operation.over).toBe(false);
  });

  it('adds up the results of several batches of a context', () => {
    const operation = requested();
    operation.count('notes', { notes: 3 });
    operation.count('notes', { notes: 1, pictures: 2 });
    operation.count('identity', { accounts: 1 });
    expect(operation.snapshot().receipt).toEqual({
      notes: { notes: 4, pictures: 2 },
      identity: { accounts: 1 },
    });
  });

  it('can be resumed after a failure if it is an erasure, but not if it is an export', () => {
    const [erasure, exporting] = [requested('erasure'), requested('export')];
    erasure.fail(NOW);
    exporting.fail(NOW);
    expect([erasure.over, exporting.over]).toEqual([false, true]);
    erasure.goOn();
    expect(erasure.snapshot()).toMatchObject({ status: 'running', finishedAt: null });
  });
});
