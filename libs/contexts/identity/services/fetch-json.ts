/**
 * Timeout in milliseconds for a complete response, and its maximum size in bytes. A request waits for at most two
 * responses, discovery and keys, and must itself be answered within 5 s.
 */
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 256 * 1_024;

/**
 * Reads an external JSON document: follows no redirects, and limits time and size.
 *
 * @throws Error if there is no response within 2 s, or if it is not status 200 with at most 256 KiB of JSON
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
    if (bytes > MAX_BYTES) throw new Error(`${url} returned more than ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
