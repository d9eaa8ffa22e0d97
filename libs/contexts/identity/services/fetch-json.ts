/**
 * Milliseconds until an answer is there, body and all, and most bytes it may have. A request waits for two answers at
 * most, discovery and keys, and is to be answered itself within 5 s.
 */
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 256 * 1_024;

/**
 * Reads a JSON document of somebody else's: no redirect is followed, and neither a slow nor an endless answer is
 * waited for.
 *
 * @throws Error when there is no answer within 2 s, or none with status 200 and at most 256 KiB of JSON
 */
export async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`${url} answers ${response.status}.`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`${url} answers more than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
