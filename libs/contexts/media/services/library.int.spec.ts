import { png, presign, library, send, upload } from '@rookery/contexts/media/testing';
import { signUp } from '@rookery/contexts/identity/testing';
import { eventually, type Person, race, sharedSystem } from '@rookery/testing';

const NOT_USABLE = /does not identify an upload of yours/;
const PDF = Buffer.from('%PDF-1.7\nA contract.\n');

describe('the library of media', () => {
  const system = sharedSystem();
  let ada: Person;
  let eve: Person;

  beforeAll(async () => {
    [ada, eve] = await Promise.all([signUp(system), signUp(system)]);
  });

  const adas = () => library(system, ada);
  const statusOf = async (mediaKey: string) =>
    (
      await system.sql<{ status: string }>('SELECT status FROM media.uploads WHERE media_key = $1', [
        mediaKey,
      ])
    )[0]?.status;
  const events = async (mediaKey: string) =>
    (
      await system.sql<{ type: string }>(
        'SELECT type FROM messaging.outbox WHERE subject = $1 ORDER BY sequence',
        [mediaKey.slice('uploads/'.length)],
      )
    ).map(({ type }) => type);
  const isThere = async (url: string) => (await fetch(url)).status === 200;

  it('verifies an upload and raises an event, once', async () => {
    const key = await upload(system, ada, PDF, 'application/pdf', 'contract.pdf');
    await adas().verify(key);
    await adas().verify(key);
    expect(await events(key)).toEqual(['media.upload-requested', 'media.upload-completed']);
    expect(await statusOf(key)).toBe('ready');
  });

  it('rejects unknown, foreign, missing and mismatching uploads and types that a use does not accept, all alike', async () => {
    const theirs = await upload(system, eve);
    const missing = (await presign(system, ada, png())).body.mediaKey as string;
    const html = Buffer.from('<script>alert(document.domain)</script>');
    const lying = await upload(system, ada, html);
    const pdf = await upload(system, ada, PDF, 'application/pdf');
    for (const key of [theirs, missing, lying, 'uploads/x', 'media/x', ''])
      await expect(adas().verify(key)).rejects.toThrow(NOT_USABLE);
    await expect(adas().verify(pdf, 'image')).rejects.toThrow(NOT_USABLE);
    await expect(adas().verify(pdf, 'image-or-video')).rejects.toThrow(NOT_USABLE);
    await adas().verify(pdf, 'any');
    // A lie is forgotten with what was sent; a file that has not arrived may still do.
    expect(await statusOf(lying)).toBeUndefined();
    expect(await statusOf(missing)).toBe('pending');
  });

  it('needs an upload to be verified before it is used', async () => {
    const key = await upload(system, ada);
    await expect(adas().attach(key, 'suite:early')).rejects.toThrow(NOT_USABLE);
    await adas().verify(key, 'image');
    await expect(library(system, eve).attach(key, 'suite:theft')).rejects.toThrow(NOT_USABLE);
    await adas().attach(key, 'suite:late');
  });

  it('allows up to a hundred uses per upload', async () => {
    const key = await upload(system, ada, PDF, 'application/pdf');
    await adas().verify(key);
    const uses = Array.from({ length: 100 }, (_, nr) => `suite:${nr}`);
    await system.sql('UPDATE media.uploads SET uses = $2 WHERE media_key = $1', [key, uses.slice(1)]);
    await adas().attach(key, uses[0]!);
    await adas().attach(key, uses[0]!);
    await expect(adas().attach(key, 'suite:more')).rejects.toThrow(NOT_USABLE);
    await adas().detach(key, uses[50]!);
    await adas().attach(key, 'suite:more');
  });

  it('serves the verified file, whatever is sent to the same URL afterwards', async () => {
    const answer = await presign(system, ada, PDF, 'application/pdf', 'Vertrag für "Ada".pdf');
    await send(answer, PDF);
    const key = answer.body.mediaKey as string;
    await adas().verify(key);
    const other = Buffer.from('%PDF-1.7\nA swindle!.\n');
    expect(other).toHaveLength(PDF.length);
    expect(await send(answer, other)).toBe(200);
    const { [key]: urls } = await adas().urlsOf(key);
    const served = await fetch(urls!.url);
    expect(Buffer.from(await served.arrayBuffer())).toEqual(PDF);
    // Saved, not shown, under the name it had.
    expect(served.headers.get('content-type')).toBe('application/pdf');
    expect(served.headers.get('content-disposition')).toBe(
      `attachment; filename="Vertrag f_r Ada.pdf"; filename*=UTF-8''Vertrag%20f%C3%BCr%20Ada.pdf`,
    );
    expect(urls).toMatchObject({ contentType: 'application/pdf', small: null, large: null, state: 'ready' });
  });

  it('keeps one copy of an upload that is verified several times at once', async () => {
    const key = await upload(system, ada, PDF, 'application/pdf');
    await race(system, [() => adas().verify(key), () => adas().verify(key), () => adas().verify(key)]);
    expect(await events(key)).toEqual(['media.upload-requested', 'media.upload-completed']);
    const { [key]: urls } = await adas().urlsOf(key);
    expect(await isThere(urls!.url)).toBe(true);
  });

  it('ends a use once; the objects are removed with the last of them', async () => {
    const key = await upload(system, ada, PDF, 'application/pdf');
    await adas().verify(key);
    await adas().attach(key, 'suite:one');
    await adas().attach(key, 'suite:one');
    await adas().attach(key, 'suite:two');
    const { [key]: urls } = await adas().urlsOf(key);
    await adas().detach(key, 'suite:one');
    await adas().detach(key, 'suite:one');
    await adas().detach(key, 'suite:never');
    expect(await isThere(urls!.url)).toBe(true);
    await adas().detach(key, 'suite:two');
    expect(await adas().urlsOf(key)).toEqual({});
    await expect(adas().attach(key, 'suite:three')).rejects.toThrow(NOT_USABLE);
    await eventually(async () => (await events(key)).includes('media.object-removed'));
    expect(await isThere(urls!.url)).toBe(false);
    expect(await events(key)).toEqual([
      'media.upload-requested',
      'media.upload-completed',
      'media.upload-discarded',
      'media.object-removed',
    ]);
  });

  it('ends an upload once when its last two uses end at once', async () => {
    const key = await upload(system, ada, PDF, 'application/pdf');
    await adas().verify(key);
    await adas().attach(key, 'suite:one');
    await adas().attach(key, 'suite:two');
    await Promise.all([adas().detach(key, 'suite:one'), adas().detach(key, 'suite:two')]);
    expect((await events(key)).filter((type) => type === 'media.upload-discarded')).toHaveLength(1);
  });

  it('counts both of two uses that begin at once, and lets one begin or the last one end, not both', async () => {
    const key = await upload(system, ada, PDF, 'application/pdf');
    await adas().verify(key);
    await Promise.all([adas().attach(key, 'suite:one'), adas().attach(key, 'suite:two')]);
    expect(await system.sql('SELECT uses FROM media.uploads WHERE media_key = $1', [key])).toEqual([
      { uses: expect.arrayContaining(['suite:one', 'suite:two']) },
    ]);
    await adas().detach(key, 'suite:two');
    const begun = race(system, [
      // Waits for the event of the end, while it holds the row that the beginning needs.
      () => adas().detach(key, 'suite:one'),
      () => adas().attach(key, 'suite:three'),
    ]);
    await expect(begun).rejects.toThrow(NOT_USABLE);
    expect(await statusOf(key)).toBeUndefined();
  });
});
