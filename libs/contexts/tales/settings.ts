import { defineSettings, setting } from '@rookery/settings';
import { z } from 'zod';

export const PROVIDERS = ['embedded', 'openai-compatible', 'google', 'anthropic'] as const;
/** Longest time that a generation may be given, in seconds; the queue's own timeout is a little longer. */
export const MAX_GENERATION_SECONDS = 300;

const seconds = (max: number) => z.coerce.number().int().min(1).max(max);
const price = z.coerce.number().min(0).max(10_000);

/** The language model that writes tales, and what it may cost. */
export class TaleSettings extends defineSettings(
  'Tales',
  {
    provider: setting('LLM_PROVIDER', z.enum(PROVIDERS), {
      doc: 'Who writes tales: embedded (a grammar, no model), openai-compatible (OpenAI, Ollama, vLLM, Mistral, OpenRouter and others), google (Gemini) or anthropic.',
      default: 'embedded',
    }),
    baseUrl: setting('LLM_BASE_URL', z.union([z.literal(''), z.url({ protocol: /^https?$/ })]), {
      doc: 'Base URL of the provider, such as http://127.0.0.1:11434/v1 for Ollama. Required for openai-compatible; the others have one of their own.',
      default: '',
    }),
    apiKey: setting('LLM_API_KEY', z.string(), {
      doc: 'Key of the provider. Required for google and anthropic.',
      default: '',
    }),
    model: setting('LLM_MODEL', z.string().max(200), {
      doc: 'Model of the provider, such as gpt-5-mini. Required unless the provider is embedded.',
      default: '',
    }),
    timeoutSeconds: setting('LLM_TIMEOUT_SECONDS', seconds(MAX_GENERATION_SECONDS), {
      doc: 'Seconds that writing one tale may take in all.',
      default: '120',
    }),
    firstTextSeconds: setting('LLM_FIRST_TEXT_SECONDS', seconds(MAX_GENERATION_SECONDS), {
      doc: 'Seconds until a model must have begun to answer.',
      default: '30',
    }),
    idleSeconds: setting('LLM_IDLE_SECONDS', seconds(MAX_GENERATION_SECONDS), {
      doc: 'Seconds that a model may pause in the middle of an answer.',
      default: '15',
    }),
    dailyTokens: setting('TALES_DAILY_TOKENS', z.coerce.number().int().min(1), {
      doc: 'Tokens, of prompts and answers, that the tales of one user may use on a day (UTC).',
      default: '100000',
    }),
    dailyCost: setting('TALES_DAILY_COST', price, {
      doc: 'What the tales of one user may cost on a day (UTC), in the currency of the prices; 0 sets no limit.',
      default: '0',
    }),
    inputPrice: setting('LLM_INPUT_PRICE', price, {
      doc: 'Price of a million tokens of prompts.',
      default: '0',
    }),
    outputPrice: setting('LLM_OUTPUT_PRICE', price, {
      doc: 'Price of a million tokens of answers.',
      default: '0',
    }),
  },
  ({ provider, baseUrl, apiKey, model }) => {
    if (provider === 'embedded') return undefined;
    if (model === '') return `LLM_MODEL is missing; LLM_PROVIDER=${provider} needs the name of a model.`;
    if (provider === 'openai-compatible')
      return baseUrl === ''
        ? 'LLM_BASE_URL is missing; LLM_PROVIDER=openai-compatible needs it, such as https://api.openai.com/v1.'
        : undefined;
    return apiKey === '' ? `LLM_API_KEY is missing; LLM_PROVIDER=${provider} needs one.` : undefined;
  },
) {}
