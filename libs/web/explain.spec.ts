import { Explain } from './explain';

class Exports {
  @Explain({ operationId: 'one', summary: 'One', ok: { mediaType: 'text/csv' } })
  one() {}

  @Explain({ operationId: 'several', summary: 'Several', ok: { mediaType: ['text/csv', 'text/calendar'] } })
  several() {}

  @Explain({ operationId: 'none', summary: 'None', ok: { status: 204 } })
  none() {}
}

describe('The response of a documented route', () => {
  const text = { schema: { type: 'string' } };

  it.each([
    ['one', '200', { 'text/csv': text }],
    ['several', '200', { 'text/csv': text, 'text/calendar': text }],
    ['none', '204', undefined],
  ] as const)('has each of its media types: %s', (route, status, content) => {
    const responses = Reflect.getMetadata('swagger/apiResponse', Exports.prototype[route]);
    expect(responses[status].content).toEqual(content);
  });
});
