import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { requestTale, settled, storyMails, taleIs } from '@rookery/contexts/tales/testing';
import { Dispatch } from '@rookery/messaging';
import { type DeadDelivery, Deliveries, Transaction } from '@rookery/persistence';
import { LanguageModelServer } from '@rookery/testing/language-model';
import { ownSystem } from '@rookery/testing/own-system';

const TEXT = 'The boats came home before dark, one after the other. '.repeat(20).trim();

describe('A tale in the failed queue', () => {
  let model: LanguageModelServer;
  let works = false;

  beforeAll(async () => {
    model = await LanguageModelServer.start();
    model.answer = () => (works ? { text: `The Harbor\n\n${TEXT}` } : { status: 403 });
  });
  const system = ownSystem(contexts, () => ({
    LLM_PROVIDER: 'openai-compatible',
    LLM_BASE_URL: `${model.url}/v1`,
    LLM_MODEL: 'some-model',
  }));
  afterAll(() => model.stop());
  beforeEach(() => {
    works = false;
  });

  const dead = async (id: string): Promise<DeadDelivery> => {
    const all = await system.inApi(Deliveries).dead(undefined, 100);
    return all.find(({ envelope }) => envelope.subject === id)!;
  };
  async function redrive(delivery: DeadDelivery): Promise<void> {
    const revived = await system
      .inWorker(Transaction)
      .run(() => system.inWorker(Deliveries).redrive(delivery));
    await system.inWorker(Dispatch).add([revived!]);
  }

  it('is written and mailed once when it is redriven', async () => {
    const ada = await enroll(system);
    const id = await requestTale(system, ada);
    await taleIs(system, ada, id, 'failed');
    await settled(system, id);
    const delivery = await dead(id);
    expect(delivery).toMatchObject({ queue: 'generation', subscriber: 'tales.generate-tale' });
    works = true;
    await redrive(delivery);
    expect(await taleIs(system, ada, id, 'ready')).not.toHaveProperty('failure');
    await settled(system, id);
    expect(await storyMails(system, ada)).toHaveLength(1);
  });

  it('fails again when it is redriven too early', async () => {
    const ada = await enroll(system);
    const id = await requestTale(system, ada);
    await taleIs(system, ada, id, 'failed');
    await settled(system, id);
    const asked = model.requests.length;
    await redrive(await dead(id));
    await settled(system, id);
    expect(model.requests.length).toBe(asked + 1);
    expect((await taleIs(system, ada, id, 'failed')).failure.code).toBe('provider-refused');
    expect(await dead(id)).toBeDefined();
  });

  it('is not written a second time where the reader has tried again meanwhile', async () => {
    const ada = await enroll(system);
    const id = await requestTale(system, ada);
    await taleIs(system, ada, id, 'failed');
    await settled(system, id);
    const delivery = await dead(id);
    works = true;
    await system.ask(`POST /v1/tales/${id}/retry`, { token: ada.token });
    await taleIs(system, ada, id, 'ready');
    const asked = model.requests.length;
    await redrive(delivery);
    await settled(system, id);
    expect(model.requests.length).toBe(asked);
    expect(await storyMails(system, ada)).toHaveLength(1);
  });
});
