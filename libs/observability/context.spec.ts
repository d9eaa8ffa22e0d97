import { continueTrace, traceIdOf, withWorkContext, workContext, type WorkContext } from '.';

const context = (correlationId: string): WorkContext => ({
  correlationId,
  causationId: null,
  actorId: null,
  traceparent: null,
});

describe('The work context', () => {
  it('has only nulls outside of any work', () => {
    expect(workContext()).toEqual({
      correlationId: null,
      causationId: null,
      actorId: null,
      traceparent: null,
    });
  });

  it('is propagated through asynchronous work, separate from other work', async () => {
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((id) =>
        withWorkContext(context(id), async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return workContext().correlationId;
        }),
      ),
    );
    expect(ids).toEqual(['a', 'b', 'c']);
  });

  it('ends with the work', () => {
    withWorkContext(context('a'), () => undefined);
    expect(workContext().correlationId).toBeNull();
  });
});

describe('A trace', () => {
  const incoming = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('is continued under a new parent', () => {
    const next = continueTrace(incoming);
    expect(traceIdOf(next)).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(next).not.toContain('00f067aa0ba902b7');
  });

  it.each([
    undefined,
    null,
    '',
    'x',
    incoming.toUpperCase(),
    incoming.replace('00-', '01-'),
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
  ])('is restarted by %j', (header) => {
    expect(traceIdOf(header)).toBeUndefined();
    expect(continueTrace(header)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});
