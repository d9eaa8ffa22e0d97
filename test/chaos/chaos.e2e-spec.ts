import { runChaos } from './chaos.mts';

const COMMANDS = Number(process.env.CHAOS_COMMANDS ?? 2_500);
const FAULTS = Number(process.env.CHAOS_FAULTS ?? 12);
const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

describe('while processes, Redis and PostgreSQL crash under load', () => {
  it(
    'every acknowledged command has each of its effects once and in order',
    async () => {
      const report = await runChaos({ commands: COMMANDS, faults: FAULTS, seed: SEED });
      console.log(JSON.stringify(report, null, 2));
      expect(report.broken).toEqual([]);
      expect(report.acked).toBe(COMMANDS);
    },
    780_000 + FAULTS * 10_000,
  );
});
