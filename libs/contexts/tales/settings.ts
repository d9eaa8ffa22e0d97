import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

export const PROVIDERS = ['embedded', 'openai-compatible', 'google', 'anthropic'] as const;
/** Maximum of `LLM_TIMEOUT_SECONDS`. The timeout of the queue is slightly longer. */
export const MAX_GENERATION_SECONDS = 300;

const seconds = (max: number) => z.coerce.number().int().min(1).max(max);
const price = z.coerce.number().min(0).max(10_000);

/** The language model that writes tales, and its budgets. */
export class TaleSettings extends defineSettings(
  'Tales',
  {
    provider: setting('LLM_PROVIDER', z.enum(PROVIDERS), {
      doc: 'Provider that writes tales: embedded (a grammar, no model), openai-compatible (OpenAI, Ollama, vLLM, Mistral, OpenRouter and others), google (Gemini) or anthropic.',
      default: 'embedded',
    }),
    baseUrl: setting('LLM_BASE_URL', z.union([z.literal(''), z.url({ protocol: /^https?$/ })]), {
      doc: 'Base URL of the provider, such as http://127.0.0.1:11434/v1 for Ollama. Required for openai-compatible; the other providers have a default.',
      default: '',
    }),
    apiKey: setting('LLM_API_KEY', z.string(), {
      doc: 'API key of the provider. Required for google and anthropic.',
      default: '',
    }),
    model: setting('LLM_MODEL', z.string().max(200), {
      doc: 'Model of the provider, such as gpt-5-mini. Required unless the provider is embedded.',
      default: '',
    }),
    timeoutSeconds: setting('LLM_TIMEOUT_SECONDS', seconds(MAX_GENERATION_SECONDS), {
      doc: 'Maximum seconds to write one tale.',
      default: '120',
    }),
    firstTextSeconds: setting('LLM_FIRST_TEXT_SECONDS', seconds(MAX_GENERATION_SECONDS), {
      doc: 'Maximum seconds until the first text from the model.',
      default: '30',
    }),
    idleSeconds: setting('LLM_IDLE_SECONDS', seconds(MAX_GENERATION_SECONDS), {
      doc: 'Maximum seconds that a model can pause within a response.',
      default: '15',
    }),
    dailyTokens: setting('TALES_DAILY_TOKENS', z.coerce.number().int().min(1), {
      doc: 'Maximum tokens, input and output together, for the tales of one user per day (UTC).',
      default: '100000',
    }),
    dailyCost: setting('TALES_DAILY_COST', price, {
      doc: 'Maximum cost of the tales of one user per day (UTC), in the currency of the prices. 0: no limit.',
      default: '0',
    }),
    inputPrice: setting('LLM_INPUT_PRICE', price, {
      doc: 'Price per million input tokens.',
      default: '0',
    }),
    outputPrice: setting('LLM_OUTPUT_PRICE', price, {
      doc: 'Price per million output tokens.',
      default: '0',
    }),
  },
  ({ provider, baseUrl, apiKey, model }) => {
    if (provider === 'embedded') return undefined;
    const needsUrl = provider === 'openai-compatible';
    const missing = [
      model === '' && `LLM_MODEL is missing; LLM_PROVIDER=${provider} needs the name of a model.`,
      needsUrl &&
        baseUrl === '' &&
        'LLM_BASE_URL is missing; LLM_PROVIDER=openai-compatible needs it, such as https://api.openai.com/v1.',
      !needsUrl && apiKey === '' && `LLM_API_KEY is missing; LLM_PROVIDER=${provider} needs one.`,
    ].filter((sentence) => sentence !== false);
    return missing.length > 0 ? missing.join(' ') : undefined;
  },
) {}
