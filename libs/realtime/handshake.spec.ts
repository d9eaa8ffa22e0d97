import { asksForWebSocket, takeToken } from './handshake';

describe('The subprotocols of a handshake', () => {
  const take = (offered: string | undefined, authorization?: string) => {
    const headers = {
      ...(offered !== undefined && { 'sec-websocket-protocol': offered }),
      ...(authorization !== undefined && { authorization }),
    };
    const mistake = takeToken({ headers });
    return { mistake, headers };
  };

  it('may be missing', () => {
    expect(take(undefined, 'Bearer a')).toEqual({
      mistake: undefined,
      headers: { authorization: 'Bearer a' },
    });
  });

  it.each(['rookery.v1, bearer.a.b-c_d', 'bearer.a.b-c_d,rookery.v1'])('bring a token: %s', (offered) => {
    expect(take(offered)).toEqual({
      mistake: undefined,
      headers: { authorization: 'Bearer a.b-c_d', 'sec-websocket-protocol': 'rookery.v1' },
    });
  });

  it.each([
    ['without the one that is spoken', 'bearer.a', undefined, 'must be rookery.v1'],
    ['with others', 'rookery.v1, chat', undefined, 'unknown or repeated'],
    ['that are repeated', 'rookery.v1, rookery.v1', undefined, 'unknown or repeated'],
    ['that are empty', 'rookery.v1,', undefined, 'unknown or repeated'],
    ['with two tokens', 'rookery.v1, bearer.a, bearer.b', undefined, 'two tokens'],
    ['with a token beside that in the header', 'rookery.v1, bearer.a', 'Bearer b', 'header Authorization'],
  ])('are refused %s', (_, offered, authorization, mistake) => {
    const taken = take(offered, authorization);
    expect(taken.mistake).toContain(mistake);
    expect(taken.headers.authorization).toBe(authorization);
    expect(JSON.stringify(taken.headers)).not.toContain('bearer.');
  });
});

describe('An upgrade', () => {
  it.each([
    ['GET', 'websocket', true],
    ['GET', 'WebSocket', true],
    ['GET', 'h2c', false],
    ['POST', 'websocket', false],
    ['GET', undefined, false],
  ])('by %s to %s is asked for: %s', (method, upgrade, asked) => {
    expect(asksForWebSocket({ method, headers: { upgrade } } as never)).toBe(asked);
  });
});
