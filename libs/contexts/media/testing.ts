import { crc32, deflateSync } from 'node:zlib';
import { type Answer, eventually, type Person, type TestSystem } from '@rookery/testing';
import type { Accepts, MediaUrls } from './contract';

/** A black PNG with a text chunk, built here so that tests need no encoder. */
export function png(width = 40, height = 30): Buffer {
  return pngWith(width, height, deflateSync(Buffer.alloc((width + 1) * height, 0)));
}

/** @param pixels compressed lines; they do not have to match the header */
export function pngWith(width: number, height: number, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8); // 8 bits of gray
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from('Comment\0taken at 52.5200, 13.4050')),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** Requests an upload of a file, without sending it. */
export function presign(
  system: TestSystem,
  { token }: Pick<Person, 'token'>,
  file: Buffer,
  contentType = 'image/png',
  fileName = 'owl.png',
): Promise<Answer> {
  return system.ask('POST /v1/uploads/presigned', {
    token,
    body: { contentType, fileName, size: file.length },
  });
}

/** Sends a file as described by the response to a request for an upload. @returns status of the storage */
export async function send(answer: Answer, file: Buffer): Promise<number> {
  const { uploadUrl, method, headers } = answer.body;
  const sent = await fetch(uploadUrl, { method, headers, body: new Uint8Array(file) });
  await sent.arrayBuffer();
  return sent.status;
}

/** Requests an upload and sends it. @returns its media key */
export async function upload(
  system: TestSystem,
  person: Pick<Person, 'token'>,
  file = png(),
  contentType = 'image/png',
  fileName = 'owl.png',
): Promise<string> {
  const answer = await presign(system, person, file, contentType, fileName);
  const status = answer.status === 201 ? await send(answer, file) : undefined;
  if (status !== 200) throw new Error(`The upload failed: ${JSON.stringify(answer.body)} ${status}`);
  return answer.body.mediaKey as string;
}

/** Waits until the sizes of images are created or have failed. */
export async function processed(system: TestSystem, ...mediaKeys: string[]): Promise<void> {
  await eventually(async () => {
    const open = await system.sql(
      `SELECT 1 FROM media.uploads WHERE media_key = ANY ($1) AND status IN ('pending', 'processing')`,
      [mediaKeys],
    );
    return open.length === 0;
  });
}

/** What a caller in another context does with media. */
export function library(system: TestSystem, { id: ownerId }: Pick<Person, 'id'>) {
  return {
    verify: (mediaKey: string, accepts: Accepts = 'any') =>
      system.fixture<{ fileName: string }>('media.verify', { ownerId, mediaKey, accepts }),
    attach: (mediaKey: string, use: string) =>
      system.fixture<void>('media.attach', { ownerId, mediaKey, use }),
    detach: (mediaKey: string, use: string) => system.fixture<void>('media.detach', { mediaKey, use }),
    urlsOf: (...mediaKeys: string[]) =>
      system.fixture<Record<string, MediaUrls>>('media.urlsOf', { mediaKeys }),
  };
}
