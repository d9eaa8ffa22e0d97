import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChaos } from './chaos.mts';

/** A bug planted in the compiled code; a chaos run that does not detect it proves nothing. */
interface Mutant {
  mistake: string;
  file: string;
  /** Texts of the compiled file, each exactly once, and their replacements. */
  patches: [find: string, replace: string][];
}

// Without its shard lock the relay publishes twice and out of order. That is not a mutant here: the ledger and the
// order gate compensate for it, as they must for all duplicates of a queue.
const mutants: Mutant[] = [
  {
    mistake: 'a delivery runs whatever became of it before',
    file: 'libs/persistence/deliveries.js',
    patches: [[`if (state !== 'pending')\n        return 'over';`, '']],
  },
  {
    mistake: 'a delivery that comes twice in one turn runs twice',
    file: 'libs/persistence/deliveries.js',
    patches: [[`if (taken.has(name))\n                return 'busy';`, '']],
  },
  {
    mistake: 'a delivery is recorded as done after its effect was committed',
    file: 'libs/messaging/consumer.js',
    patches: [
      [
        `this.deliveries.done(done);`,
        `this.transaction.afterCommit(() => void this.transaction.run(async () => this.deliveries.done(done)).catch(() => undefined));`,
      ],
    ],
  },
  {
    mistake: 'a delivery is recorded as done before its effect',
    file: 'libs/messaging/consumer.js',
    patches: [
      [
        `await this.handle(subscriber, key, claim);`,
        `this.transaction.afterCommit(() => void this.transaction.run(() => this.handle(subscriber, key, claim)).catch(() => undefined));`,
      ],
    ],
  },
  {
    mistake: 'what Redis lost is not queued again',
    file: 'libs/messaging/redrive.js',
    patches: [[`this.watch.start();\n        this.sweep.start();`, '']],
  },
  {
    mistake: 'an ordered delivery does not wait for its predecessors',
    file: 'libs/persistence/deliveries.js',
    patches: [[`if (predecessor)\n        return predecessor === 'pending' ? 'early' : 'held';`, '']],
  },
  {
    mistake: 'the relay remembers how far it was instead of what it published',
    file: 'libs/persistence/outbox.js',
    patches: [
      [
        `WHERE shard = taken.shard AND published_at IS NULL`,
        `WHERE shard = taken.shard AND id > \${this.cursor ?? 0}`,
      ],
      [
        `markPublished(ids) {`,
        `markPublished(ids) {\n        this.cursor = Math.max(this.cursor ?? 0, ...ids.map(Number));`,
      ],
    ],
  },
  {
    mistake: 'a delivery is given up when its worker dies once',
    file: 'libs/messaging/consumer.js',
    patches: [['const MAX_CRASHES = 10;', 'const MAX_CRASHES = 1;']],
  },
  {
    mistake: 'a command does not wait until its commit is on disk',
    file: 'libs/persistence/transaction.js',
    patches: [[`if (!durable)`, '']],
  },
  {
    mistake: 'an aggregate is saved over a concurrent change',
    file: 'libs/persistence/aggregate-table.js',
    patches: [['AND ${version} = $${names.length + 1}`;', 'AND $${names.length + 1}::int IS NOT NULL`;']],
  },
];

const SEEDS = [11, 12, 13];
const SIZE = {
  commands: Number(process.env.CHAOS_COMMANDS ?? 2_500),
  faults: Number(process.env.CHAOS_FAULTS ?? 12),
  quiesceMs: 60_000,
};
const SOUND = process.env.CHAOS_DIST ?? 'dist';
// Inside the checkout, so that packages are resolved in the same way.
const COPY = join('.rookery', 'mutant');

/**
 * Verifies that chaos fails for each planted bug within three seeds, and passes without one.
 *
 * @param only runs the mutants whose description contains one of these texts
 * @returns 0 if every mutant was detected, else 1
 */
export async function killMutants(only: string[] = []): Promise<number> {
  const chosen = mutants.filter(
    ({ mistake }) => only.length === 0 || only.some((text) => mistake.includes(text)),
  );
  const unfit = unfitPatches();
  if (unfit.length > 0) throw new Error(unfit.join('\n'));
  try {
    const sound = await firstFailure(undefined, SEEDS.slice(0, 1));
    if (sound) throw new Error(`Chaos fails without a mutant:\n${sound.broken.join('\n')}`);
    console.log('✓ survives: nothing planted');
    let survivors = 0;
    for (const mutant of chosen) {
      const failure = await firstFailure(mutant, SEEDS);
      if (!failure) survivors += 1;
      console.log(
        failure ? `✓ found with seed ${failure.seed}: ${mutant.mistake}` : `✗ SURVIVES: ${mutant.mistake}`,
      );
      for (const broken of failure?.broken ?? []) console.log(`    ${broken.slice(0, 160)}`);
    }
    console.log(`${chosen.length - survivors} of ${chosen.length} mutants found.`);
    return survivors === 0 ? 0 : 1;
  } finally {
    rmSync(COPY, { recursive: true, force: true });
  }
}

async function firstFailure(
  mutant: Mutant | undefined,
  seeds: readonly number[],
): Promise<{ seed: number; broken: string[] } | undefined> {
  rmSync(COPY, { recursive: true, force: true });
  cpSync(SOUND, COPY, { recursive: true });
  if (mutant) plant(mutant);
  for (const seed of seeds) {
    const { broken } = await runChaos({ ...SIZE, seed, dist: COPY, keepWhenBroken: mutant === undefined });
    if (broken.length > 0) return { seed, broken };
  }
  return undefined;
}

/** @returns a line for each patch that does not fit the compiled code exactly once */
export function unfitPatches(): string[] {
  return mutants.flatMap(({ mistake, file, patches }) => {
    const code = readFileSync(join(SOUND, file), 'utf8');
    return patches
      .map(([find]) => code.split(find).length - 1)
      .filter((places) => places !== 1)
      .map((places) => `"${mistake}" fits ${places} places of ${file}, not one: adapt the patch.`);
  });
}

function plant({ file, patches }: Mutant): void {
  const path = join(COPY, file);
  const code = patches.reduce(
    (patched, [find, replace]) => patched.replace(find, () => replace),
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, code);
}

if (import.meta.main) void killMutants(process.argv.slice(2)).then((code) => (process.exitCode = code));
