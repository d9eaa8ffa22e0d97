import type { INestApplicationContext } from '@nestjs/common';
import { Transaction } from '@rookery/persistence';
import { type Accepts, MediaLibrary, type MediaUrls } from './contract';

/** @see MediaLibrary.verify */
export function verify(
  app: INestApplicationContext,
  { ownerId, mediaKey, accepts }: { ownerId: string; mediaKey: string; accepts: Accepts },
): Promise<{ fileName: string }> {
  return libraryOf(app).verify(ownerId, mediaKey, accepts);
}

/** @see MediaLibrary.attach; in a transaction of its own */
export function attach(
  app: INestApplicationContext,
  { ownerId, mediaKey, use }: { ownerId: string; mediaKey: string; use: string },
): Promise<void> {
  return transactionOf(app).run(() => libraryOf(app).attach(ownerId, mediaKey, use));
}

/** @see MediaLibrary.detach; in a transaction of its own */
export function detach(
  app: INestApplicationContext,
  { mediaKey, use }: { mediaKey: string; use: string },
): Promise<void> {
  return transactionOf(app).run(() => libraryOf(app).detach(mediaKey, use));
}

/** @see MediaLibrary.urlsOf */
export async function urlsOf(
  app: INestApplicationContext,
  { mediaKeys }: { mediaKeys: string[] },
): Promise<Record<string, MediaUrls>> {
  return Object.fromEntries(await libraryOf(app).urlsOf(mediaKeys));
}

function libraryOf(app: INestApplicationContext): MediaLibrary {
  return app.get(MediaLibrary, { strict: false });
}

function transactionOf(app: INestApplicationContext): Transaction {
  return app.get(Transaction, { strict: false });
}
