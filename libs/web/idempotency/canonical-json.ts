import { setImmediate } from 'node:timers/promises';
import { streamedText } from '../json-body';

/**
 * @param value parsed JSON
 * @returns canonical text: members sorted by name, no white space (RFC 8785); empty for no body
 */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return '';
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/**
 * Other requests run between the pieces of a text: as JSON, a file of 10 MB can have 60 MB, which take 0.2 s.
 *
 * @param body parsed JSON, or the text of a file, which must be well-formed
 * @returns the pieces of {@link canonicalJson}
 */
export async function* canonicalPieces(body: unknown): AsyncGenerator<string> {
  if (typeof body !== 'string') {
    yield canonicalJson(body);
    return;
  }
  yield '"';
  for await (const piece of streamedText({ body })) {
    yield JSON.stringify(piece).slice(1, -1);
    await setImmediate();
  }
  yield '"';
}
