import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Sql } from '@rookery/persistence';

/** From where a session was started. */
export interface Client {
  ip: string;
  userAgent: string;
}

/** Days after which an unused session ends, and after which any does. */
const IDLE_DAYS = 30;
const LONGEST_DAYS = 180;

/** Who is signed in, and from where. */
@Injectable()
export class Sessions {
  constructor(private readonly sql: Sql) {}

  /** @returns the new session's id and the seconds until it ends when it is not used. */
  async start(userId: string, client: Client): Promise<{ id: string; idleSeconds: number }> {
    const id = newId();
    await this.sql.execute(
      `INSERT INTO identity.sessions (id, user_id, ip, user_agent, idle_expires_at, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(days => $5), now() + make_interval(days => $6))`,
      [id, userId, client.ip, client.userAgent.slice(0, 400), IDLE_DAYS, LONGEST_DAYS],
    );
    return { id, idleSeconds: IDLE_DAYS * 86_400 };
  }
}
