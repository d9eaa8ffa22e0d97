import { newId } from '@rookery/domain';
import { enroll } from '@rookery/contexts/identity/testing';
import { requestTale, taleIs } from '@rookery/contexts/tales/testing';
import { eventually, type Person, sharedSystem } from '@rookery/testing';

interface Frame {
  id: string;
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- payloads of several types
  payload: any;
}

describe('Following a tale', () => {
  const system = sharedSystem();
  let ada: Person;

  beforeEach(async () => {
    ada = await enroll(system);
  });

  const open = (
    id: string,
    { lastEventId, who = ada, signal }: { lastEventId?: string; who?: Person; signal?: AbortSignal } = {},
  ) =>
    fetch(`${system.addresses.apiUrl}/v1/tales/${id}/stream`, {
      headers: {
        authorization: `Bearer ${who.token}`,
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
      ...(signal && { signal }),
    });

  /** Reads frames as they come; ends with the stream, or when `enough` says so. */
  async function read(response: Response, enough: (frame: Frame) => boolean = () => false): Promise<Frame[]> {
    const frames: Frame[] = [];
    let text = '';
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const data = lines.find((line) => line.startsWith('data: '));
        if (data === undefined) continue;
        const frame = JSON.parse(data.slice(6)) as Frame;
        expect(lines).toContain(`id: ${frame.id}`);
        expect(lines).toContain(`event: ${frame.type}`);
        frames.push(frame);
        if (enough(frame)) return frames;
      }
    }
    return frames;
  }

  /** What a client makes of the frames. */
  function textOf(frames: readonly Frame[], start = ''): string {
    let text = Array.from(start);
    for (const { type, payload } of frames) {
      if (type === 'tale.progress')
        text = [...text.slice(0, payload.offset as number), ...Array.from(payload.text as string)];
      if (type === 'tale.ready') text = text.slice(0, payload.characters as number);
    }
    return text.join('');
  }

  it('streams the text as it is written, and ends with the tale', async () => {
    const id = await requestTale(system, ada, { length: 'long' }); // so that it still grows when the stream begins
    const response = await open(id);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    const frames = await read(response);
    const tale = await taleIs(system, ada, id, 'ready');
    expect(frames.filter(({ type }) => type === 'tale.progress').length).toBeGreaterThan(2);
    expect(frames.at(-1)).toMatchObject({
      type: 'tale.ready',
      payload: { taleId: id, status: 'ready', title: tale.title, words: tale.words },
    });
    expect(textOf(frames)).toBe(tale.content);
    expect(frames[0]!.payload.title).toBe(tale.title);
  });

  it('starts with the existing text for late clients', async () => {
    const id = await requestTale(system, ada);
    const tale = await taleIs(system, ada, id, 'ready');
    const frames = await read(await open(id));
    expect(frames.map(({ type }) => type)).toEqual(['tale.progress', 'tale.ready']);
    expect(textOf(frames)).toBe(tale.content);
  });

  it('resumes at the position of a client, and ends for one that has received the end', async () => {
    const id = await requestTale(system, ada, { length: 'long' });
    const controller = new AbortController();
    const first = await read(
      await open(id, { signal: controller.signal }),
      ({ payload }) => payload.offset > 0,
    );
    controller.abort();
    const rest = await read(await open(id, { lastEventId: first.at(-1)!.id }));
    const tale = await taleIs(system, ada, id, 'ready');
    expect(rest[0]!.payload.offset).toBe(Array.from(textOf(first)).length);
    expect(textOf(rest, textOf(first))).toBe(tale.content);
    expect((await open(id, { lastEventId: rest.at(-1)!.id })).status).toBe(204);
  });

  it('starts again for an unknown Last-Event-ID', async () => {
    const id = await requestTale(system, ada);
    const tale = await taleIs(system, ada, id, 'ready');
    for (const lastEventId of ['', 'nonsense', '999999999-0', '1-999999', '-1--1', '1-2-3'])
      expect(textOf(await read(await open(id, { lastEventId })))).toBe(tale.content);
  });

  it('ends when the tale is canceled', async () => {
    const id = await requestTale(system, ada, { length: 'long' });
    const following = read(await open(id));
    await taleIs(system, ada, id, 'generating');
    await system.ask(`DELETE /v1/tales/${id}`, { token: ada.token });
    expect((await following).at(-1)).toMatchObject({
      type: 'tale.failed',
      payload: { taleId: id, status: 'cancelled' },
    });
  });

  it('does not exist for others', async () => {
    const id = await requestTale(system, ada);
    const eve = await enroll(system);
    for (const each of [id, newId(), 'nothing']) {
      const response = await open(each, { who: eve });
      expect([response.status, await response.json()]).toMatchObject([404, { code: 'resource.not-found' }]);
    }
  });

  it('counts among the connections of a user, of which there is a limit', async () => {
    // Nobody writes it, so none of the streams ends by itself.
    const id = newId();
    await system.sql(
      `INSERT INTO tales.tales (id, version, user_id, status, run, interests, tone, length, language, created_at,
                                requested_at)
       VALUES ($1, 1, $2, 'requested', 1, '{cats}', 'calm', 'short', 'en', now(), now())`,
      [id, ada.id],
    );
    const controller = new AbortController();
    const answers: string[] = [];
    for (let nr = 0; nr < 22; nr += 1) {
      const response = await open(id, { signal: controller.signal });
      const { code } = response.status === 200 ? { code: '' } : ((await response.json()) as { code: string });
      answers.push(`${response.status} ${code}`.trim());
    }
    controller.abort();
    expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => '200'));
    expect(answers.slice(20)).toEqual(Array.from({ length: 2 }, () => '429 realtime.too-many-connections'));
    await system.ask(`DELETE /v1/tales/${id}`, { token: ada.token });
  });

  it('is told to connected clients as well: progress, and the end', async () => {
    const id = await requestTale(system, ada, { length: 'medium' });
    const tale = await taleIs(system, ada, id, 'ready');
    const frames = await eventually(async () => {
      const rows = await system.sql<Frame>(
        `SELECT type, payload FROM realtime.frames WHERE user_id = $1 AND type LIKE 'tale.%' ORDER BY seq`,
        [ada.id],
      );
      return rows.at(-1)?.type === 'tale.ready' && rows;
    });
    const progress = frames.filter(({ type }) => type === 'tale.progress');
    expect(progress.length).toBeGreaterThan(2);
    expect(tale.content.startsWith(textOf(progress))).toBe(true);
    expect(frames.at(-1)!.payload).toEqual({
      taleId: id,
      status: 'ready',
      title: tale.title,
      words: tale.words,
      characters: Array.from(tale.content as string).length,
    });
  });
});
