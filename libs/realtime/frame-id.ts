import { createHash } from 'node:crypto';

/** Bits of an id that identify the stream. */
const TAG_MASK = (1n << 26n) - 1n;
const SEQ_MASK = (1n << 48n) - 1n;

/**
 * The id of a frame is a UUIDv7 (RFC 9562 §5.7) whose 74 free bits contain its position: 26 bits for the user, and the
 * number of the frame in the user's stream. So a client can resume without the server storing ids, and ids of other
 * users' streams are recognized.
 *
 * @param userId user of the stream
 * @param seq number of the frame in it, below 2^48
 * @param occurredAt its time
 */
export function frameId(userId: string, seq: number, occurredAt: Date): string {
  const tag = tagOf(userId);
  const bits =
    (BigInt(occurredAt.getTime()) << 80n) |
    (0x7n << 76n) |
    ((tag >> 14n) << 64n) |
    (0x2n << 62n) |
    ((tag & 0x3fffn) << 48n) |
    BigInt(seq);
  const hex = bits.toString(16).padStart(32, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * @param id that a client says it has received
 * @returns the number of that frame in the stream of the user; undefined if it is not an id of that stream
 */
export function seqOfFrameId(userId: string, id: string): number | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(id)) return undefined;
  const bits = BigInt(`0x${id.replaceAll('-', '')}`);
  const tag = (((bits >> 64n) & 0xfffn) << 14n) | ((bits >> 48n) & 0x3fffn);
  return tag === tagOf(userId) ? Number(bits & SEQ_MASK) : undefined;
}

function tagOf(userId: string): bigint {
  return BigInt(createHash('sha256').update(userId).digest().readUInt32BE()) & TAG_MASK;
}
