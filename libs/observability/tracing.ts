import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('rookery');

/**
 * Runs `work` inside a span. Without an OpenTelemetry SDK the span is an empty object and costs next to nothing.
 *
 * @param name with low cardinality: `command CreatePost`, never with ids
 * @param attributes by their OpenTelemetry names
 * @param work receives the span; what it throws is recorded and rethrown
 */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}
