import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Injected, InjectedAnswer } from './system';

/** Hands an app a request without a connection, so that it may come from any address. */
export async function injectInto(app: NestFastifyApplication, request: Injected): Promise<InjectedAnswer> {
  const { statusCode, headers, body } = await app.inject(request as Parameters<typeof app.inject>[0]);
  return { status: statusCode, headers: headers as InjectedAnswer['headers'], text: body };
}
