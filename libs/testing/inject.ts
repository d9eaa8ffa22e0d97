import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Injected, InjectedAnswer } from './system';

/**
 * Passes a request to an app without a connection, so that it can come from any address. Event streams are not read.
 */
export async function injectInto(app: NestFastifyApplication, request: Injected): Promise<InjectedAnswer> {
  const { statusCode, headers, stream } = await app.inject({
    ...(request as object),
    payloadAsStream: true,
  });
  const body = stream();
  const parts: Buffer[] = [];
  if (String(headers['content-type']).startsWith('text/event-stream')) body.destroy();
  else for await (const part of body) parts.push(Buffer.from(part as Uint8Array));
  return {
    status: statusCode,
    headers: headers as InjectedAnswer['headers'],
    text: Buffer.concat(parts).toString('utf8'),
  };
}
