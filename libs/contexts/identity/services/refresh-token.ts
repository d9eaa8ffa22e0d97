import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Keys } from '../keys';

/** A parsed refresh token: session and number. */
export interface RefreshToken {
  sessionId: string;
  counter: number;
}

const SHAPE =
  /^rt_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\.(\d{1,9})\.([\w-]{43})$/;

/** Refresh tokens are derived from session and number, so that nothing that could be stolen is stored. */
@Injectable()
export class RefreshTokens {
  constructor(private readonly keys: Keys) {}

  write({ sessionId, counter }: RefreshToken): string {
    const mac = this.keys.mac('refresh-token', sessionId, String(counter)).toString('base64url');
    return `rt_${sessionId.replaceAll('-', '')}.${counter}.${mac}`;
  }

  /** @returns undefined if it was not issued by us. */
  read(text: string): RefreshToken | undefined {
    const [, ...parts] = SHAPE.exec(text) ?? [];
    if (parts.length === 0) return undefined;
    const token = { sessionId: parts.slice(0, 5).join('-'), counter: Number(parts[5]) };
    const genuine = Buffer.from(this.write(token));
    const given = Buffer.from(text);
    return genuine.length === given.length && timingSafeEqual(genuine, given) ? token : undefined;
  }
}
