import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes an empty migration, newer than all existing ones.
 *
 * @param name what it does, `pin-posts`
 * @param folder of the migrations
 * @param now milliseconds since 1970
 * @returns the path of the file
 * @throws Error if the name is not in kebab-case
 */
export function writeMigration(name: string, folder = 'migrations', now = Date.now()): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(
      'Give a name in lower case with hyphens that says what it does: npm run migration -- pin-posts.',
    );
  const stamps = readdirSync(folder).flatMap((file) => Number(/^\d{13}(?=-)/.exec(file)?.[0] ?? 0));
  const stamp = Math.max(now, ...stamps.map((each) => each + 1));
  const words = name.split('-');
  const className = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('') + stamp;
  const file = join(folder, `${stamp}-${name}.ts`);
  writeFileSync(file, migration(className, words.join(' ')));
  return file;
}

const migration = (
  className: string,
  words: string,
): string => `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** TODO: why the schema changes, in a sentence (${words}). */
export class ${className} implements MigrationInterface {
  name = '${className}';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(\`\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(\`\`);
  }
}
`;
