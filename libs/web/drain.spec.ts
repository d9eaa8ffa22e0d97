import { Drain } from './drain';

const state = ({ draining, closed }: Drain) => ({ draining, closed });

describe('The end of a process', () => {
  it('goes from serving to draining to closed, and never back', () => {
    const drain = new Drain();
    expect(state(drain)).toEqual({ draining: false, closed: false });
    drain.start();
    expect(state(drain)).toEqual({ draining: true, closed: false });
    drain.close();
    drain.start();
    expect(state(drain)).toEqual({ draining: true, closed: true });
  });

  it('has come as soon as the app closes by itself', () => {
    const drain = new Drain();
    drain.onModuleDestroy();
    expect(drain.closed).toBe(true);
  });
});
