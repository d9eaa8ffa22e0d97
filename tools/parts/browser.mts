import { execFile, execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { fetchPackage, scratchFolder } from '../bootstrap/npm.mjs';
import { cacheFolder } from './folders.mts';

const run = promisify(execFile);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ON_MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const FETCHED = { name: '@sparticuz/chromium', version: '153.0.0', platform: 'linux-x64' };
const START_TIMEOUT_MS = 60_000;
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface BrowserProgram {
  file: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Starts a headless Chromium with its own profile: the one installed on this machine, else one downloaded through npm.
 * It ends with `close()`, and with this process.
 *
 * @param options.log called before a download
 * @throws Error that says what to install if there is none
 */
export async function startBrowser(options: { log?: (line: string) => void } = {}): Promise<Browser> {
  const { file, env } = installed() ?? (await fetched(options.log ?? (() => undefined)));
  return chromium.launch({
    executablePath: file,
    env,
    headless: true,
    // The sandbox needs rights that containers do not have; the pages are our own.
    chromiumSandbox: false,
    timeout: START_TIMEOUT_MS,
    args: FLAGS,
  });
}

function installed(): BrowserProgram | undefined {
  if (process.env.ROOKERY_PARTS_IGNORE_INSTALLED) return undefined;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const files = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ON_MACOS];
  const file = files.find((candidate) => existsSync(candidate) && runs(candidate));
  return file === undefined ? undefined : { file, env: process.env };
}

// On Ubuntu, a script with this name only explains how to install it.
function runs(file: string): boolean {
  try {
    return /\d+\.\d+/.test(execFileSync(file, ['--version'], { encoding: 'utf8', stdio: 'pipe' }));
  } catch {
    return false;
  }
}

async function fetched(log: (line: string) => void): Promise<BrowserProgram> {
  if (`${process.platform}-${process.arch}` !== FETCHED.platform)
    throw new Error(
      'There is no Chromium on this machine, and npm has none for this platform: install Chromium or Chrome.',
    );
  const folder = await unpacked(log);
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
    FONTCONFIG_PATH: join(folder, 'fonts'),
  };
  return { file: join(folder, 'chromium'), env };
}

/** The package unpacks itself into the temporary folder, but unpacks its libraries only on AWS Lambda. */
async function unpacked(log: (line: string) => void): Promise<string> {
  const { name, version } = FETCHED;
  const target = join(cacheFolder(), `chromium-${version}`);
  if (existsSync(target)) return target;
  const cwd = await fetchPackage(name, version, cacheFolder(), log);
  const scratch = scratchFolder(target);
  try {
    const script = `import chromium from '${name}'; await chromium.executablePath();`;
    await run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd,
      env: { PATH: process.env.PATH, TMPDIR: scratch, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
    });
    writeFileSync(join(scratch, 'fonts', 'fonts.conf'), fontsIn(join(target, 'fonts')));
    if (!existsSync(target)) renameSync(scratch, target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return target;
}

// The package's own font configuration points to folders of AWS Lambda, and without a font Chromium crashes on some
// characters.
function fontsIn(folder: string): string {
  return `<?xml version="1.0"?><fontconfig><dir>${folder}</dir><cachedir>${folder}-cache</cachedir></fontconfig>\n`;
}
