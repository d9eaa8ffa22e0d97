import { type AccessRows, ownerOnly } from '@rookery/testing/access';
import { forMembers } from '../../../workspaces/testing';
import { createTodo, sharedTodo } from '../../testing';

const DATE = '2027-01-31';

export const access: AccessRows = {
  commitTask: {
    ...forMembers,
    given: async (scene) => {
      const { path } = await sharedTodo(scene);
      return { body: { todoId: path!.id, date: DATE, cost: 1 } };
    },
  },
  withdrawTask: {
    ...ownerOnly,
    async given({ system, people: { owner } }) {
      const { body } = await system.ask('GET /v1/workspaces', { token: owner.token });
      const { id } = await createTodo(system, owner, body.data[0].id);
      await system.ask('POST /v1/schedule/commit', {
        token: owner.token,
        body: { todoId: id, date: DATE, cost: 1 },
      });
      return { path: { date: DATE, id } };
    },
  },
};
