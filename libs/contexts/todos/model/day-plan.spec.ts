import { newId } from '@rookery/domain';
import { DayPlan, costOf, type Task } from './day-plan';

const ada = newId();
const rejecting = expect.objectContaining({ code: 'schedule.over-capacity' });

function planOf(...costs: number[]): { plan: DayPlan; ids: string[]; commit: (task: Task) => boolean } {
  const plan = DayPlan.of(ada, '2026-03-29');
  const ids: string[] = [];
  const commit = (task: Task) => plan.commit(task, new Set(plan.tasks.map(({ todoId }) => todoId)));
  for (const cost of costs) {
    ids.push(newId());
    commit({ todoId: ids.at(-1)!, cost });
  }
  plan.takeEvents();
  return { plan, ids, commit };
}

describe('The plan of a day', () => {
  it('has a capacity of ten', () => {
    const { plan, commit } = planOf(5, 4);
    expect(() => commit({ todoId: newId(), cost: 2 })).toThrow(rejecting);
    expect(commit({ todoId: newId(), cost: 1 })).toBe(true);
    expect(costOf(plan.tasks)).toBe(10);
    expect(() => commit({ todoId: newId(), cost: 1 })).toThrow(rejecting);
  });

  it('contains a todo once: adding it again changes its cost', () => {
    const { plan, ids, commit } = planOf(5, 4);
    expect(commit({ todoId: ids[0]!, cost: 5 })).toBe(false);
    expect(() => commit({ todoId: ids[1]!, cost: 6 })).toThrow(rejecting);
    expect(commit({ todoId: ids[0]!, cost: 3 })).toBe(true);
    expect(plan.takeEvents().map(({ data }) => data)).toEqual([
      { userId: ada, todoId: ids[0], date: '2026-03-29', cost: 3 },
    ]);
    expect(costOf(plan.tasks)).toBe(7);
  });

  it('frees the capacity of todos that no longer exist', () => {
    const { plan, ids } = planOf(5, 5);
    expect(plan.commit({ todoId: newId(), cost: 5 }, new Set([ids[0]!]))).toBe(true);
    expect(plan.tasks.map(({ todoId }) => todoId)).not.toContain(ids[1]);
  });

  it('removes a todo once', () => {
    const { plan, ids } = planOf(5);
    expect([plan.withdraw(ids[0]!), plan.withdraw(ids[0]!)]).toEqual([true, false]);
    expect(plan.takeEvents()).toHaveLength(1);
  });
});
