import { CircuitBreaker } from '@rookery/redis';
import type { LanguageModel } from 'ai';
import { wordsOf } from '../model/text';
import type { TaleSettings } from '../settings';
import type { TokenUsage } from '../storage/usage';
import { describeWish, INSTRUCTIONS } from './instructions';
import { type Brief, type Ended, FinalFailure, StoryWriter, Unavailable } from './story-writer';

/** Maximum tokens of a response: three per word, which is enough for most languages, plus some for the title. */
const TOKENS_PER_WORD = 3;
const EXTRA_TOKENS = 200;
/** Tokens of the longest user message: a prompt of 500 characters and five interests. */
const MAX_WISH_TOKENS = 1_000;
/** Characters per token if a provider does not count tokens. A low estimate, so that budgets are not exceeded. */
const CHARS_PER_TOKEN = 3;
/** Maximum bytes of a response. A story of a thousand words takes less than 300 kB. */
const MAX_ANSWER_BYTES = 2_000_000;
/** Circuit breaker of the provider: consecutive failures until it opens, and milliseconds until it closes again. */
const BREAKER = { threshold: 3, pauseMs: 30_000 };
/** Longest pause that a provider can ask for. */
const MAX_RETRY_AFTER_MS = 300_000;

/** Settings of a language model. */
export type ModelSettings = Pick<
  TaleSettings,
  'provider' | 'baseUrl' | 'apiKey' | 'model' | 'firstTextSeconds' | 'idleSeconds'
>;

/**
 * Writes stories with a language model, through the AI SDK. The SDK is loaded with the first story, so that other
 * processes do not use memory for it.
 */
export class ModelWriter extends StoryWriter {
  private readonly breaker: CircuitBreaker;
  private loaded: Promise<Loaded> | undefined;

  constructor(private readonly settings: ModelSettings) {
    super();
    this.breaker = new CircuitBreaker(`Language model ${this.name}`, BREAKER);
  }

  override get name(): string {
    return `${this.settings.provider}/${this.settings.model}`;
  }

  override get waitMs(): number {
    return this.breaker.waitMs;
  }

  override get failing(): boolean {
    return this.breaker.open;
  }

  override maxTokens(length: string): number {
    return Math.ceil(INSTRUCTIONS.length / CHARS_PER_TOKEN) + MAX_WISH_TOKENS + maxAnswerTokens(length);
  }

  override estimate(brief: Brief, characters: number): TokenUsage {
    return {
      inputTokens: Math.ceil((INSTRUCTIONS.length + describeWish(brief).length) / CHARS_PER_TOKEN),
      outputTokens: Math.ceil(characters / CHARS_PER_TOKEN),
    };
  }

  override async *write(brief: Brief, signal: AbortSignal): AsyncGenerator<string, Ended, void> {
    const loaded = await (this.loaded ??= load(this.settings)); // takes seconds, which must not count as time of the provider
    if (!this.breaker.admit())
      throw new Unavailable('The provider is paused after repeated failures.', undefined, this.waitMs);
    const watch = new Watch(this.settings, signal);
    try {
      const ended = yield* this.stream(loaded, brief, watch);
      this.breaker.succeeded();
      return ended;
    } catch (error) {
      const failure = signal.aborted ? (signal.reason as Error) : (watch.late ?? (await failureOf(error)));
      if (failure instanceof Unavailable) this.breaker.failed(failure, failure.retryAfterMs);
      throw failure;
    } finally {
      watch.stop();
    }
  }

  private async *stream(
    { streamText, model }: Loaded,
    brief: Brief,
    watch: Watch,
  ): AsyncGenerator<string, Ended, void> {
    const { stream } = streamText({
      model,
      instructions: INSTRUCTIONS,
      prompt: describeWish(brief),
      maxOutputTokens: maxAnswerTokens(brief.length),
      maxRetries: 0, // the queue retries
      abortSignal: watch.signal,
      onError: () => undefined, // errors are parts of the stream; by default they are also logged, with the prompt
    });
    let characters = 0;
    for await (const part of stream) {
      if (part.type === 'error') throw part.error;
      if (part.type === 'abort') throw watch.signal.reason;
      if (part.type === 'text-delta') {
        watch.heard(); // other parts arrive before the provider has answered
        this.breaker.succeeded();
        characters += part.text.length;
        yield part.text;
      }
      if (part.type === 'finish') {
        if (part.finishReason === 'content-filter')
          throw new FinalFailure('The content filter of the provider rejected the story.', 'content-refused');
        if (part.finishReason === 'error') throw new Unavailable('The response ended with an error.');
        const estimate = this.estimate(brief, characters);
        const { inputTokens, outputTokens } = part.totalUsage;
        return {
          complete: part.finishReason === 'stop',
          usage: {
            inputTokens: sane(inputTokens) ?? estimate.inputTokens,
            outputTokens: sane(outputTokens) ?? estimate.outputTokens,
          },
        };
      }
    }
    throw new Unavailable('The response ended without a finish reason.');
  }
}

function maxAnswerTokens(length: string): number {
  return wordsOf(length).max * TOKENS_PER_WORD + EXTRA_TOKENS;
}

/** @returns the number of tokens that the provider reports; undefined if it cannot be right */
function sane(tokens: number | undefined): number | undefined {
  return tokens !== undefined && tokens >= 0 && tokens <= 1_000_000 ? Math.ceil(tokens) : undefined;
}

/** Aborts a response that does not start in time, or that pauses for too long. */
class Watch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;
  readonly signal: AbortSignal;
  /** Set when a time limit was exceeded. */
  late: Unavailable | undefined;

  constructor(
    private readonly settings: Pick<ModelSettings, 'firstTextSeconds' | 'idleSeconds'>,
    outer: AbortSignal,
  ) {
    this.signal = AbortSignal.any([outer, this.controller.signal]);
    this.timer = this.start(settings.firstTextSeconds, 'It did not begin to answer');
  }

  heard(): void {
    clearTimeout(this.timer);
    this.timer = this.start(this.settings.idleSeconds, 'It paused in the middle of its answer');
  }

  stop(): void {
    clearTimeout(this.timer);
    this.controller.abort(); // ends the request if the caller stopped reading early
  }

  private start(seconds: number, what: string): NodeJS.Timeout {
    return setTimeout(() => {
      this.late = new Unavailable(`${what} for ${seconds} s.`, 'timed-out');
      this.controller.abort(this.late);
    }, seconds * 1_000);
  }
}

/** The SDK, and the configured model. */
interface Loaded {
  streamText: typeof import('ai').streamText;
  model: LanguageModel;
}

async function load(settings: ModelSettings): Promise<Loaded> {
  const [{ streamText }, model] = await Promise.all([import('ai'), modelOf(settings)]);
  return { streamText, model };
}

async function modelOf({ provider, baseUrl, apiKey, model }: ModelSettings): Promise<LanguageModel> {
  const options = { fetch: boundedFetch, ...(baseUrl !== '' && { baseURL: baseUrl }) };
  if (provider === 'google')
    return (await import('@ai-sdk/google')).createGoogleGenerativeAI({ ...options, apiKey })(model);
  if (provider === 'anthropic')
    return (await import('@ai-sdk/anthropic')).createAnthropic({ ...options, apiKey })(model);
  return (await import('@ai-sdk/openai-compatible')).createOpenAICompatible({
    ...options,
    name: provider,
    baseURL: baseUrl,
    includeUsage: true,
    ...(apiKey !== '' && { apiKey }),
  })(model);
}

/** Does not follow redirects, which could send the key to another host, and limits the bytes it reads. */
const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'error' });
  if (!response.body) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES)
        controller.error(new Unavailable('The response is too large.', 'unusable-answer'));
      else controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(limit), response);
};

/** Replaces error messages of providers, which can contain the key or the prompt. */
async function failureOf(error: unknown): Promise<Error> {
  if (error instanceof Unavailable || error instanceof FinalFailure) return error;
  const { APICallError } = await import('ai');
  const cause = (error as { cause?: unknown } | null)?.cause;
  if (cause instanceof Unavailable) return cause;
  if (!APICallError.isInstance(error)) return new Unavailable(`The answer broke off (${nameOf(error)}).`);
  const { statusCode, responseHeaders } = error;
  if (statusCode === undefined || statusCode < 400)
    return new Unavailable(`No answer (${nameOf(cause ?? error)}).`);
  const told = `It answered ${statusCode}.`;
  if (statusCode === 429 || statusCode >= 500 || statusCode === 408)
    return new Unavailable(told, undefined, retryAfterMs(responseHeaders?.['retry-after']));
  return new FinalFailure(told, 'provider-refused');
}

function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const known = typeof code === 'string' ? code : name;
  return typeof known === 'string' && /^[\w.-]{1,60}$/.test(known) ? known : 'unknown';
}

/** @returns milliseconds of a `Retry-After` header, in seconds or as a date (RFC 9110 §10.2.3) */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}(\.\d+)?$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}
