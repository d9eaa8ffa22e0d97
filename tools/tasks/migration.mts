import { writeMigration } from '../support/new-migration.mts';

/** Writes an empty migration with the current time: `npm run migration -- pin-posts`. */
export default function ([name = '']: string[]): void {
  console.log(`Wrote ${writeMigration(name)}: fill in up and down.`);
}
