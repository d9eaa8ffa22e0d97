import { Aggregate, type AggregateState } from '@rookery/domain';
import {
  WebhookCreated,
  WebhookDeleted,
  WebhookDisabled,
  WebhookSecretRotated,
  WebhookUpdated,
} from '../events';

/** Why a webhook is not active. */
export const DISABLED_REASONS = ['owner', 'failing', 'gone', 'account-deleted', 'access-reset'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** The configuration by its owner. */
export interface WebhookDraft {
  url: string;
  /** Types of events. */
  events: string[];
  /** Whether the events of one subject are sent one after the other. */
  ordered: boolean;
  active: boolean;
}

export interface WebhookState extends AggregateState, WebhookDraft {
  ownerId: string;
  /** Null while it is active. */
  disabledReason: DisabledReason | null;
  /** Encrypted. */
  secret: Buffer;
  previousSecret: Buffer | null;
  previousSecretExpiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** A URL that receives the events that concern its owner. */
export class Webhook extends Aggregate<WebhookState> {
  /**
   * @param id the secret is encrypted for this id
   * @param secret encrypted
   */
  static create(id: string, ownerId: string, draft: WebhookDraft, secret: Buffer, now: Date): Webhook {
    const webhook = new Webhook({
      ...draft,
      id,
      version: 0,
      ownerId,
      disabledReason: draft.active ? null : 'owner',
      secret,
      previousSecret: null,
      previousSecretExpiresAt: null,
      createdAt: now,
      updatedAt: now,
    });
    webhook.raise(WebhookCreated, {});
    return webhook;
  }

  get ownerId(): string {
    return this.state.ownerId;
  }

  get events(): readonly string[] {
    return this.state.events;
  }

  get active(): boolean {
    return this.state.active;
  }

  /**
   * @param changes undefined fields keep their values
   * @returns whether it has changed
   */
  update(changes: Partial<WebhookDraft>, now: Date): boolean {
    const { url, events, ordered, active } = { ...this.state, ...withoutUndefined(changes) };
    const same =
      url === this.state.url &&
      ordered === this.state.ordered &&
      active === this.state.active &&
      JSON.stringify(events) === JSON.stringify(this.state.events);
    if (same) return false;
    const disabledReason = active ? null : (this.state.disabledReason ?? 'owner');
    Object.assign(this.state, { url, events, ordered, active, disabledReason, updatedAt: now });
    this.raise(WebhookUpdated, {});
    return true;
  }

  /**
   * Replaces the secret. The current secret remains valid for a while; a secret that was replaced earlier becomes
   * invalid.
   *
   * @param secret encrypted
   * @param previousUntil when the current secret expires
   */
  rotateSecret(secret: Buffer, previousUntil: Date, now: Date): void {
    Object.assign(this.state, {
      secret,
      previousSecret: this.state.secret,
      previousSecretExpiresAt: previousUntil,
      updatedAt: now,
    });
    this.raise(WebhookSecretRotated, {});
  }

  /**
   * Disables it automatically; the owner is notified.
   *
   * @returns whether it was active
   */
  disable(reason: 'failing' | 'gone', now: Date): boolean {
    if (!this.state.active) return false;
    Object.assign(this.state, { active: false, disabledReason: reason, updatedAt: now });
    this.raise(WebhookDisabled, { ownerId: this.ownerId, reason });
    return true;
  }

  delete(): void {
    this.raise(WebhookDeleted, {});
  }
}

function withoutUndefined<T extends object>(changes: T): Partial<T> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>;
}
