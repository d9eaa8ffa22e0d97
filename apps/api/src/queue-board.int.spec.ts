import { sharedSystem } from '@rookery/testing';

const OPERATOR = { authorization: `Basic ${Buffer.from('ops:ops').toString('base64')}` };

describe('the queue board', () => {
  const system = sharedSystem();
  const look = (query: string) =>
    system.ask(`GET /v1/admin/board/api/queues?${query}`, { headers: OPERATOR });

  it('shows a page of a queue', async () => {
    const { status, body } = await look('activeQueue=mail&status=failed&page=2&jobsPerPage=100');
    expect(status).toBe(200);
    expect(body.queues).toContainEqual(expect.objectContaining({ name: 'mail' }));
  });

  it.each([
    'activeQueue=mail&status=failed&page=99999999999&jobsPerPage=99999999999',
    'activeQueue=mail&status=failed&jobsPerPage=1e300',
    'activeQueue=%25zz',
  ])('rejects ?%s, which neither the board nor Redis can parse', async (query) => {
    expect(await look(query)).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
  });

  it('changes nothing', async () => {
    const route = 'PUT /v1/admin/board/api/queues/mail/pause';
    expect((await system.ask(route, { headers: OPERATOR, body: {} })).status).toBe(405);
  });
});
