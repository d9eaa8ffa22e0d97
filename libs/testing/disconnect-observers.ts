import { PerformanceObserver } from 'node:perf_hooks';

// prom-client observes garbage collections for as long as the process lives, and with its observer stays all that the
// suite has loaded: some 40 MB of each suite that starts an app.
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
