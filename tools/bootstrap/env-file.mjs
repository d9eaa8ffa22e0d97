// Plain JavaScript without packages: this runs before anything is installed, and on an older Node.
import { existsSync, readFileSync } from 'node:fs';

/**
 * Reads a `.env` file into the environment. Existing variables win; a missing file is allowed.
 *
 * @param {string} file
 */
export function loadEnvFile(file) {
  if (!existsSync(file)) return;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const found = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (!found || process.env[found[1]] !== undefined) continue;
    const quoted = /^(["'])(.*)\1$/.exec(found[2]);
    process.env[found[1]] = quoted ? quoted[2] : found[2].replace(/\s+#.*$/, '');
  }
}
