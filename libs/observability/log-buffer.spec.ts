import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const MODULE = resolve(__dirname, 'log-buffer.ts');
const LINES = 5_000;

/** Runs a program that has a buffer; @returns all it has written once it has ended. */
async function run(end: string, after: (child: ReturnType<typeof spawn>) => void = () => undefined) {
  const program = `
    import { LogBuffer } from ${JSON.stringify(MODULE)};
    const log = new LogBuffer();
    process.on('SIGTERM', () => process.exit(0));
    process.on('uncaughtException', () => process.exit(1));
    log.write('first\\n');
    log.begin();
    for (let line = 0; line < ${LINES}; line += 1) log.write(line + '\\n');
    ${end}`;
  const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.endsWith('ready\n')) after(child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines: output.trimEnd().split('\n') };
}

const all = ['first', ...Array.from({ length: LINES }, (_, line) => String(line))];

describe('The log of a process', () => {
  it('holds every line after a signal', async () => {
    const { code, lines } = await run(
      `log.write('ready\\n'); setInterval(() => undefined, 1_000)`,
      (child) => void child.kill('SIGTERM'),
    );
    expect({ code, lines }).toEqual({ code: 0, lines: [...all, 'ready'] });
  });

  it.each([
    ['nobody catches an error', `setTimeout(() => { log.write('last\\n'); throw new Error('crash'); })`, 1],
    ['it exits', `log.write('last\\n'); process.exit(3)`, 3],
    ['nothing is left to do', `log.write('last\\n')`, 0],
  ])('holds every line when %s', async (_, end, expected) => {
    const { code, lines } = await run(end);
    expect({ code, lines }).toEqual({ code: expected, lines: [...all, 'last'] });
  });

  it('is written immediately until exit handlers are installed', async () => {
    const { lines } = await run(`new LogBuffer().write('at once\\n'); process.kill(process.pid, 'SIGKILL')`);
    expect(lines.at(-1)).toBe('at once');
  });
});
