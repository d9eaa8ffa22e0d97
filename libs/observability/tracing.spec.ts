import {
  type Attributes,
  context,
  type Exception,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { inSpan } from '.';

/** What an SDK records about a span. */
interface Recorded {
  name: string;
  attributes: Attributes | undefined;
  exceptions: Exception[];
  status: SpanStatus | undefined;
  ended: boolean;
}

const recorded: Recorded[] = [];

/** A minimal SDK: its spans record what they receive. */
const tracer = {
  startActiveSpan(name: string, options: SpanOptions, work: (span: Span) => unknown): unknown {
    const span: Recorded = {
      name,
      attributes: options.attributes,
      exceptions: [],
      status: undefined,
      ended: false,
    };
    recorded.push(span);
    return work({
      spanContext: () => INVALID_SPAN_CONTEXT,
      recordException: (exception: Exception) => void span.exceptions.push(exception),
      setStatus: (status: SpanStatus) => void (span.status = status),
      end: () => void (span.ended = true),
    } as unknown as Span);
  },
} as unknown as Tracer;

describe('Work in a span', () => {
  it('gives its result without any SDK', async () => {
    await expect(inSpan('command Hatch', {}, async () => 7)).resolves.toBe(7);
  });

  it('throws what it throws without any SDK', async () => {
    const error = new Error('broken');
    await expect(inSpan('command Hatch', {}, () => Promise.reject(error))).rejects.toBe(error);
  });

  describe('with an SDK', () => {
    beforeAll(() => trace.setGlobalTracerProvider({ getTracer: () => tracer }));
    beforeEach(() => recorded.splice(0));
    afterAll(() => {
      trace.disable();
      context.disable();
    });

    it('has its name and attributes, and ends after the work', async () => {
      const open = await inSpan(
        'command Hatch',
        { 'rookery.context': 'nest' },
        async () => recorded[0]!.ended,
      );
      expect(open).toBe(false);
      expect(recorded).toEqual([
        {
          name: 'command Hatch',
          attributes: { 'rookery.context': 'nest' },
          exceptions: [],
          status: undefined,
          ended: true,
        },
      ]);
    });

    it('records what the work throws, and ends as failed', async () => {
      const error = new Error('broken');
      await expect(inSpan('command Hatch', {}, () => Promise.reject(error))).rejects.toBe(error);
      expect(recorded).toMatchObject([
        { exceptions: [error], status: { code: SpanStatusCode.ERROR, message: 'broken' }, ended: true },
      ]);
    });
  });
});
