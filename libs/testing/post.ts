/**
 * @param url URL of the systems of a run, or of their host
 * @returns the response
 * @throws Error with the text of the response if it is not 2xx
 */
export async function post<T>(url: string, body: object = {}): Promise<T> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text) as T;
}
