import { Logger } from '@nestjs/common';
import { HealthChecks } from '@rookery/observability';
import { eventually } from '@rookery/testing';
import { Loop } from './loop';

const NEVER_MS = 3_600_000;

describe('A loop', () => {
  const loops: Loop[] = [];
  beforeAll(() => Logger.overrideLogger(false));
  afterEach(() => Promise.all(loops.splice(0).map((loop) => loop.stop())));

  function started(pauseMs: number, work: () => Promise<unknown>): Loop {
    const loop = new Loop('suite', pauseMs, work);
    loops.push(loop);
    loop.start();
    return loop;
  }

  it('runs at once and then repeatedly', async () => {
    let rounds = 0;
    started(1, async () => (rounds += 1));
    await eventually(() => rounds >= 5);
  });

  it('does not wait for the end of the pause when it is woken', async () => {
    let rounds = 0;
    const loop = started(NEVER_MS, async () => (rounds += 1));
    await eventually(() => rounds === 1);
    loop.wake();
    await eventually(() => rounds === 2);
  });

  it('does not lose a wake-up during a round', async () => {
    let rounds = 0;
    const loop = started(NEVER_MS, async () => {
      await Promise.resolve();
      rounds += 1;
      if (rounds === 1) loop.wake();
    });
    await eventually(() => rounds === 2);
  });

  it('never runs concurrently, however often it is woken', async () => {
    let atWork = 0;
    let most = 0;
    let rounds = 0;
    const loop = started(NEVER_MS, async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise((resolve) => setImmediate(resolve));
      atWork -= 1;
      rounds += 1;
    });
    await eventually(() => {
      loop.wake();
      loop.wake();
      return rounds >= 10;
    });
    expect(most).toBe(1);
  });

  it('continues after a failure', async () => {
    let rounds = 0;
    const loop = started(1, async () => {
      rounds += 1;
      if (rounds < 3) throw new Error('not yet');
    });
    await eventually(() => {
      loop.wake();
      return rounds >= 4;
    });
  });

  it('stops after the current round', async () => {
    let end: (() => void) | undefined;
    let rounds = 0;
    const loop = started(0, async () => {
      await new Promise<void>((resolve) => (end = resolve));
      rounds += 1;
    });
    await eventually(() => end !== undefined);
    let stopped = false;
    const stopping = loop.stop().then(() => (stopped = true));
    expect(loop.stopping).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    end!();
    await stopping;
    expect(rounds).toBe(1);
  });

  it('can be stopped without having been started', async () => {
    await expect(new Loop('suite', 1, async () => undefined).stop()).resolves.toBeUndefined();
  });

  describe('that is watched', () => {
    class Away extends Error {}
    let checks: HealthChecks;
    let outcome: () => Promise<unknown>;
    let rounds: number;

    beforeEach(() => {
      checks = new HealthChecks();
      outcome = async () => undefined;
      rounds = 0;
      const loop = new Loop(
        'suite',
        1,
        async () => {
          rounds += 1;
          await outcome();
        },
        {
          checks,
          importance: { critical: false, ready: 'always' },
          stalledMs: 100,
          restartMs: 1_000,
          isAway: (error) => error instanceof Away,
        },
      );
      loops.push(loop);
      loop.start();
    });

    const status = async () => (await checks.dependencies())[0]!.health;
    const alive = () => checks.silentHeartbeats().length === 0;
    /** Ends a round that hangs. */
    let release = (): void => undefined;

    it('is up while its rounds succeed, however often', async () => {
      await eventually(() => rounds > 50);
      await eventually(async () => (await status()).status === 'up' && alive());
    });

    it.each([
      ['fail', () => Promise.reject(new Error('statement timeout'))],
      ['hang', () => new Promise<void>((resolve) => (release = resolve))],
    ])('is down, and asks for a restart, while they %s', async (_, failing) => {
      await eventually(() => rounds > 0);
      outcome = failing;
      await eventually(async () => {
        expect(await status()).toMatchObject({ status: 'down', detail: 'fails with STALLED' });
      });
      await eventually(() => !alive());
      outcome = async () => undefined;
      release();
      await eventually(async () => (await status()).status === 'up' && alive());
    });

    it('is down, but asks for no restart, while what it needs is away', async () => {
      await eventually(() => rounds > 0);
      outcome = () => Promise.reject(new Away());
      await eventually(async () => (await status()).status === 'down');
      const before = rounds;
      await eventually(() => rounds > before + 4); // half a second each, longer than the restart threshold
      await eventually(alive);
    });
  });
});
