import { contexts } from '@rookery/contexts';
import { definedProblems } from '@rookery/web';
import { drawMap } from './generated/map';

describe('The problems of the api', () => {
  it('have titles that are phrases, not a word of their code', () => {
    expect(contexts.length).toBeGreaterThan(1);
    const words = definedProblems().filter(({ title }) => !title.includes(' '));
    expect(words.map(({ code, title }) => `${code}: ${title}`)).toEqual([]);
  });
});

describe('The map', () => {
  it('marks routes with HTTP Basic as routes for operators', () => {
    const operation = { operationId: 'getDebugVars', summary: 'Look', security: [{ operations: [] }] };
    const map = drawMap([], { all: () => [] } as never, { paths: { '/v1/debug/vars': { get: operation } } });
    expect(map).toContain('| `GET /v1/debug/vars` | getDebugVars | Look | operations (HTTP Basic) |');
  });
});
