/**
 * @param url of the systems of a run, or of what hosts them
 * @returns what is answered
 * @throws Error with the text of the answer when that is no success
 */
export async function post<T>(url: string, body: object = {}): Promise<T> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text) as T;
}
