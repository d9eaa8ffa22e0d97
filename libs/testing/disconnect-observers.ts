import { PerformanceObserver } from 'node:perf_hooks';

// prom-client observes garbage collections until the process ends, and its observer keeps everything that a suite has
// loaded in memory: about 40 MB per suite that starts an app.
const { prototype } = PerformanceObserver;
// oxlint-disable-next-line typescript/unbound-method -- each observer calls it on itself
const { observe } = prototype;
const observers = new Set<PerformanceObserver>();
prototype.observe = function (...options) {
  observers.add(this);
  observe.apply(this, options);
};
afterAll(() => {
  prototype.observe = observe;
  for (const observer of observers) observer.disconnect();
});
