import { newId } from '@rookery/domain';
import { Webhook, type WebhookDraft } from './webhook';

const NOW = new Date('2026-11-20T12:00:00Z');
const LATER = new Date('2026-11-21T12:00:00Z');
const draft: WebhookDraft = {
  url: 'https://hooks.example.com/a',
  events: ['social.user-followed'],
  ordered: false,
  active: true,
};

/** A stored webhook, without events that are not stored. */
function webhook(own: Partial<WebhookDraft> = {}): Webhook {
  const created = Webhook.create(newId(), newId(), { ...draft, ...own }, Buffer.from('first'), NOW);
  created.takeEvents();
  return created;
}

const raised = (it: Webhook) => it.takeEvents().map(({ definition, data }) => [definition.type, data]);

describe('A webhook', () => {
  it('is active from the start unless its owner says otherwise', () => {
    expect(webhook().snapshot()).toMatchObject({ active: true, disabledReason: null });
    expect(webhook({ active: false }).snapshot()).toMatchObject({ active: false, disabledReason: 'owner' });
  });

  it('changes only the given fields, and raises one event', () => {
    const it = webhook();
    expect(it.update({ events: ['social.post-created'], url: undefined }, LATER)).toBe(true);
    expect(it.snapshot()).toMatchObject({ ...draft, events: ['social.post-created'], updatedAt: LATER });
    expect(raised(it)).toEqual([['webhooks.webhook-updated', {}]]);
  });

  it('stays as it is when nothing changes', () => {
    const it = webhook();
    expect(it.update({ ...draft }, LATER)).toBe(false);
    expect(it.snapshot().updatedAt).toBe(NOW);
    expect(raised(it)).toEqual([]);
  });

  it('is disabled once, says why, and is active again when its owner says so', () => {
    const it = webhook();
    expect([it.disable('failing', LATER), it.disable('gone', LATER)]).toEqual([true, false]);
    expect(it.snapshot()).toMatchObject({ active: false, disabledReason: 'failing' });
    expect(raised(it)).toEqual([['webhooks.webhook-disabled', { ownerId: it.ownerId, reason: 'failing' }]]);
    it.update({ url: 'https://hooks.example.com/b' }, LATER);
    expect(it.snapshot().disabledReason).toBe('failing');
    it.update({ active: true }, LATER);
    expect(it.snapshot()).toMatchObject({ active: true, disabledReason: null });
  });

  it('keeps the previous secret, and no older one', () => {
    const it = webhook();
    it.rotateSecret(Buffer.from('second'), LATER, NOW);
    it.rotateSecret(Buffer.from('third'), LATER, NOW);
    expect(it.snapshot()).toMatchObject({
      secret: Buffer.from('third'),
      previousSecret: Buffer.from('second'),
      previousSecretExpiresAt: LATER,
    });
  });
});
