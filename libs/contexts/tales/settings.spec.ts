import { TaleSettings } from './settings';

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

describe('The settings of a language model', () => {
  it.each([
    [{ LLM_PROVIDER: 'openai-compatible' }, ['LLM_MODEL', 'LLM_BASE_URL']],
    [{ LLM_PROVIDER: 'openai-compatible', LLM_MODEL: 'm' }, ['LLM_BASE_URL']],
    [{ LLM_PROVIDER: 'google' }, ['LLM_MODEL', 'LLM_API_KEY']],
  ])('are reported together if they are missing: %j', (environment, missing) => {
    const { message } = thrownBy(() => new TaleSettings(environment));
    expect(message.match(/LLM_\w+(?= is missing)/g)).toEqual(missing);
  });

  it('are complete with a provider, an address and a model', () => {
    const complete = {
      LLM_PROVIDER: 'openai-compatible',
      LLM_MODEL: 'm',
      LLM_BASE_URL: 'http://model.test/v1',
    };
    expect(() => new TaleSettings(complete)).not.toThrow();
  });
});
