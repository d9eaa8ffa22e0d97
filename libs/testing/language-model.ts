import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

/** How the server answers one request. */
export interface ModelAnswer {
  /** Status of an error; by default the response is a stream. */
  status?: number;
  headers?: Record<string, string>;
  /** What the model writes. */
  text?: string;
  /** Characters per piece of the stream; 20 by default. */
  pieceLength?: number;
  /** Milliseconds between two pieces. */
  pauseMs?: number;
  /**
   * `stop`: the model is done; `length`: it was cut off; `filtered`: withheld by the provider; `error`: an error in the
   * stream; `broken`: the connection closes; `never`: it stays open, and nothing follows.
   */
  end?: 'stop' | 'length' | 'filtered' | 'error' | 'broken' | 'never';
  /** Reported tokens, by default 100 and 200; null if the provider does not report them. */
  usage?: { input: number; output: number } | null;
}

/** A request as the model receives it. */
export interface ModelRequest {
  path: string;
  headers: IncomingMessage['headers'];
  /** Instructions and user message, independent of the protocol. */
  instructions: string;
  message: string;
  maxTokens: number;
}

/** A language model on its own port that speaks the streaming protocols of OpenAI, Anthropic and Gemini. */
export class LanguageModelServer {
  /** Requests, oldest first. */
  readonly requests: ModelRequest[] = [];
  /** Requests whose client disconnected before the end of the response. */
  aborted = 0;
  /** Chooses the responses; set by tests. */
  answer: (request: ModelRequest) => ModelAnswer = () => ({});

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<LanguageModelServer> {
    let model: LanguageModelServer | undefined;
    const server = createServer((request, response) => {
      response.on('error', () => undefined);
      model!.respond(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    model = new LanguageModelServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return model;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private async respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url!.split('?')[0]!;
    const protocol = protocols.find(({ matches }) => matches.test(path));
    if (!protocol) return void response.writeHead(404).end();
    const body = JSON.parse(await readText(incoming)) as object;
    const request = { path, headers: incoming.headers, ...protocol.read(body) };
    this.requests.push(request);
    const {
      status,
      headers = {},
      text = '',
      pieceLength = 20,
      pauseMs = 0,
      end = 'stop',
      usage = USAGE,
    } = this.answer(request);
    if (status !== undefined) {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      return void response.end(JSON.stringify(protocol.error(status)));
    }
    response.on('close', () => {
      if (!response.writableFinished && end !== 'broken') this.aborted += 1;
    });
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    response.flushHeaders();
    const send = (events: readonly object[]) => {
      for (const event of events) response.write(protocol.write(event));
    };
    send(protocol.begin(usage));
    for (let at = 0; at < text.length && !response.destroyed; at += pieceLength) {
      send([protocol.piece(text.slice(at, at + pieceLength))]);
      if (pauseMs > 0) await pause(pauseMs);
      else await new Promise((done) => setImmediate(done)); // pieces arrive one by one
    }
    if (end === 'never') return;
    if (end === 'broken') return void response.destroy();
    if (end === 'error') {
      send([protocol.failure]);
      return void response.end();
    }
    send(protocol.end(end, usage));
    response.end(protocol.last);
  }
}

const USAGE = { input: 100, output: 200 };
type Counted = { input: number; output: number } | null;

interface Protocol {
  matches: RegExp;
  read(body: object): Pick<ModelRequest, 'instructions' | 'message' | 'maxTokens'>;
  write(event: object): string;
  begin(usage: Counted): object[];
  piece(text: string): object;
  end(how: 'stop' | 'length' | 'filtered', usage: Counted): object[];
  /** An error in the middle of a stream. */
  failure: object;
  /** Sent after the last event. */
  last: string;
  /** Body of an error; it repeats the key, as some providers do. */
  error(status: number): object;
}

const chunk = (rest: object) => ({
  id: 'answer-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  ...rest,
});
const MESSAGE = 'Incorrect key provided: sk-secret-of-the-suite.';

const openAi: Protocol = {
  matches: /\/chat\/completions$/,
  read(body) {
    const { messages, max_tokens: maxTokens } = body as {
      messages: { role: string; content: string | { text: string }[] }[];
      max_tokens: number;
    };
    const of = (role: string) => {
      const content = messages.find((each) => each.role === role)?.content ?? '';
      return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
    };
    return { instructions: of('system'), message: of('user'), maxTokens };
  },
  write: (event) => `data: ${JSON.stringify(event)}\n\n`,
  begin: () => [
    chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
  ],
  piece: (content) => chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }),
  end: (how, usage) => [
    chunk({
      choices: [
        {
          index: 0,
          delta: {},
          finish_reason: { stop: 'stop', length: 'length', filtered: 'content_filter' }[how],
        },
      ],
    }),
    ...(usage
      ? [
          chunk({
            choices: [],
            usage: {
              prompt_tokens: usage.input,
              completion_tokens: usage.output,
              total_tokens: usage.input + usage.output,
            },
          }),
        ]
      : []),
  ],
  failure: { error: { message: MESSAGE, type: 'server_error', param: null, code: null } },
  last: 'data: [DONE]\n\n',
  error: (status) => ({ error: { message: MESSAGE, type: 'some_error', param: null, code: `e${status}` } }),
};

const anthropic: Protocol = {
  matches: /\/messages$/,
  read(body) {
    const {
      system,
      messages,
      max_tokens: maxTokens,
    } = body as {
      system: { text: string }[];
      messages: { content: { text: string }[] }[];
      max_tokens: number;
    };
    return {
      instructions: system.map(({ text }) => text).join(''),
      message: messages[0]!.content.map(({ text }) => text).join(''),
      maxTokens,
    };
  },
  write: (event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`,
  begin: (usage) => [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: usage?.input ?? 0, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
  ],
  piece: (text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  end: (how, usage) => [
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: {
        stop_reason: { stop: 'end_turn', length: 'max_tokens', filtered: 'refusal' }[how],
        stop_sequence: null,
      },
      usage: { output_tokens: usage?.output ?? 0 },
    },
    { type: 'message_stop' },
  ],
  failure: { type: 'error', error: { type: 'overloaded_error', message: MESSAGE } },
  last: '',
  error: () => ({ type: 'error', error: { type: 'some_error', message: MESSAGE } }),
};

const gemini: Protocol = {
  matches: /:streamGenerateContent$/,
  read(body) {
    const { systemInstruction, contents, generationConfig } = body as {
      systemInstruction: { parts: { text: string }[] };
      contents: { parts: { text: string }[] }[];
      generationConfig: { maxOutputTokens: number };
    };
    return {
      instructions: systemInstruction.parts.map(({ text }) => text).join(''),
      message: contents[0]!.parts.map(({ text }) => text).join(''),
      maxTokens: generationConfig.maxOutputTokens,
    };
  },
  write: (event) => `data: ${JSON.stringify(event)}\n\n`,
  begin: () => [],
  piece: (text) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }] }),
  end: (how, usage) => [
    {
      candidates: [
        {
          content: { role: 'model', parts: [{ text: '' }] },
          finishReason: { stop: 'STOP', length: 'MAX_TOKENS', filtered: 'SAFETY' }[how],
          index: 0,
        },
      ],
      ...(usage && {
        usageMetadata: {
          promptTokenCount: usage.input,
          candidatesTokenCount: usage.output,
          totalTokenCount: usage.input + usage.output,
        },
      }),
    },
  ],
  failure: { error: { code: 503, message: MESSAGE, status: 'UNAVAILABLE' } },
  last: '',
  error: (code) => ({ error: { code, message: MESSAGE, status: 'SOME_STATUS' } }),
};

const protocols = [openAi, anthropic, gemini];
