import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newId } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { MasterKey } from '@rookery/settings';
import type { ProviderName } from './provider';

/** Why an address gets no mail: it does not exist, or its owner reported a mail as spam. */
export const SUPPRESSION_REASONS = ['bounce', 'complaint'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** The report of a provider about an address. */
export interface MailEvent {
  address: string;
  reason: SuppressionReason;
  /** The message of the receiving server. */
  detail: string;
}

/** An address that gets no mail. */
export interface Suppression {
  id: string;
  /** `a…@example.com`: recognizable, but not usable. */
  address: string;
  reason: SuppressionReason;
  provider: ProviderName;
  detail: string;
  createdAt: Date;
}

const MAX_DETAIL = 300;

const COLUMNS = 'id, shown AS address, reason, provider, detail, created_at AS "createdAt"';

/**
 * Addresses that get no mail. They are stored as HMACs: the list outlives deleted accounts, whose addresses are erased,
 * and must not reveal whose mail bounced.
 */
@Injectable()
export class Suppressions {
  private readonly key = new MasterKey().derive('mail-suppressions');

  constructor(private readonly sql: Sql) {}

  /** Adds addresses. An existing entry is kept, except that a bounce replaces a complaint. */
  async add(provider: ProviderName, events: readonly MailEvent[]): Promise<void> {
    const rows = new Map(
      events.map(({ address, reason, detail }) => [
        address.trim().toLowerCase(),
        {
          id: newId(),
          mac: this.mac(address),
          shown: shown(address),
          reason,
          detail: clean(address, detail),
        },
      ]),
    );
    await this.sql.execute(
      `INSERT INTO mail.suppressions AS it (id, address, shown, reason, provider, detail, created_at)
       SELECT id, decode(mac, 'hex'), shown, reason, $1, detail, now()
       FROM jsonb_to_recordset($2::jsonb) AS row (id uuid, mac text, shown text, reason text, detail text)
       ORDER BY mac
       ON CONFLICT (address) DO UPDATE SET reason = excluded.reason, provider = excluded.provider, detail = excluded.detail
       WHERE it.reason = 'complaint' AND excluded.reason = 'bounce'`,
      [provider, JSON.stringify([...rows.values()])],
    );
  }

  /** @returns why an address gets no mail; undefined if it is not suppressed */
  async reasonFor(address: string): Promise<SuppressionReason | undefined> {
    return (await this.reasonsFor([address])).get(address);
  }

  /** @returns why addresses get no mail, by address; leaves out addresses that are not suppressed */
  async reasonsFor(addresses: readonly string[]): Promise<Map<string, SuppressionReason>> {
    const byMac = new Map(addresses.map((address) => [this.mac(address), address]));
    const rows = await this.sql.rows<{ mac: string; reason: SuppressionReason }>(
      `SELECT encode(address, 'hex') AS mac, reason FROM mail.suppressions
       WHERE address = ANY (ARRAY (SELECT decode(mac, 'hex') FROM unnest($1::text[]) AS mac))`,
      [[...byMac.keys()]],
    );
    return new Map(rows.map(({ mac, reason }) => [byMac.get(mac)!, reason]));
  }

  /** @returns entries before an id, latest first */
  list(before: string, limit: number): Promise<Suppression[]> {
    return this.sql.rows<Suppression & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM mail.suppressions WHERE id < $1 ORDER BY id DESC LIMIT $2`,
      [before, limit],
    );
  }

  /** @returns the entry of an address, if there is one */
  find(address: string): Promise<Suppression[]> {
    return this.sql.rows<Suppression & Record<string, unknown>>(
      `SELECT ${COLUMNS} FROM mail.suppressions WHERE address = decode($1, 'hex')`,
      [this.mac(address)],
    );
  }

  /** Lets an address get mail again. @returns false if there is no such entry */
  async remove(id: string): Promise<boolean> {
    return (await this.sql.execute('DELETE FROM mail.suppressions WHERE id = $1', [id])) > 0;
  }

  private mac(address: string): string {
    return createHmac('sha256', this.key).update(address.trim().toLowerCase()).digest('hex');
  }
}

function shown(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, 1)}…${at === -1 ? '' : address.slice(at, at + 200)}`;
}

/** Removes the address, which servers often repeat in their message. */
function clean(address: string, detail: string): string {
  const pattern = address.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return detail.replaceAll(new RegExp(pattern, 'gi'), shown(address)).slice(0, MAX_DETAIL);
}
