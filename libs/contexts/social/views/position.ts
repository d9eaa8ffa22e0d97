/** Where a list that is sorted newest first goes on: after the entry of this time and id. */
export type Position = readonly [createdAt: string, id: string];

/** Where such a list begins. A condition that is left out on the first page would cost the others their index. */
export const NEWEST: Position = ['infinity', '00000000-0000-0000-0000-000000000000'];

/** @returns the position of an entry */
export function positionOf({ createdAt, id }: { createdAt: Date; id: string }): Position {
  return [createdAt.toISOString(), id];
}
