import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Every metric of the process. */
export const registry = new Registry();

/** Declaration of a metric. */
interface Description<L extends string> {
  /** snake_case with its unit at the end: `outbox_oldest_seconds`, `http_requests_total`. */
  name: string;
  help: string;
  labels?: readonly L[];
}

/** @returns the counter of that name, declared on first use. Counters only increase. */
export function counter<L extends string = never>({ name, help, labels = [] }: Description<L>): Counter<L> {
  return (
    declared<Counter<L>>(name) ?? new Counter({ name, help, labelNames: [...labels], registers: [registry] })
  );
}

/**
 * @param description with `collect`, which returns the current value at each scrape
 * @returns the gauge of that name, declared on first use
 */
export function gauge<L extends string = never>({
  name,
  help,
  labels = [],
  collect,
}: Description<L> & { collect?: (gauge: Gauge<L>) => void | Promise<void> }): Gauge<L> {
  const known = declared<Gauge<L>>(name);
  if (known) return known;
  return new Gauge<L>({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    ...(collect && {
      collect(this: Gauge<L>) {
        return collect(this);
      },
    }),
  });
}

/**
 * @param description with `buckets`, upper bounds in the metric's unit; 1 ms to 10 s by default
 * @returns the histogram of that name, declared on first use
 */
export function histogram<L extends string = never>({
  name,
  help,
  labels = [],
  buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
}: Description<L> & { buckets?: number[] }): Histogram<L> {
  return (
    declared<Histogram<L>>(name) ??
    new Histogram({ name, help, labelNames: [...labels], buckets, registers: [registry] })
  );
}

function declared<M>(name: string): M | undefined {
  return registry.getSingleMetric(name) as M | undefined;
}

/** Adds the metrics of process, heap, garbage collection and event loop; a second call does nothing. */
export function collectProcessMetrics(): void {
  if (!registry.getSingleMetric('process_cpu_user_seconds_total'))
    collectDefaultMetrics({ register: registry });
}
