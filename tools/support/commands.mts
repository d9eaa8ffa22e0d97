import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { hasEnded, stopChild } from '../parts/processes.mts';
import { atEnd } from './undo.mts';

export interface CommandOptions {
  env?: Record<string, string | undefined>;
  /** show the output only if the command fails */
  quiet?: boolean;
  /** also stop the processes that it has started, which would otherwise continue for a while and start more */
  group?: boolean;
}

/** A command that ended with a code other than 0; its message contains the output if it was not shown yet. */
export class CommandFailed extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** Runs a program of an installed package (`node_modules/.bin`). See `runNode`. */
export function runTool(name: string, args: string[], options: CommandOptions = {}): Promise<void> {
  return run(join('node_modules', '.bin', name), args, name, options);
}

/**
 * Runs a script with this Node and waits for its end. The script is stopped if this process has to end first.
 *
 * @throws CommandFailed if it ends with a code other than 0
 */
export function runNode(script: string, args: string[] = [], options: CommandOptions = {}): Promise<void> {
  return run(process.execPath, [script, ...args], script, options);
}

function run(file: string, args: string[], name: string, options: CommandOptions): Promise<void> {
  const path = [dirname(process.execPath), join(process.cwd(), 'node_modules', '.bin'), process.env.PATH];
  const child = spawn(file, args, {
    env: { ...process.env, ...options.env, PATH: path.filter(Boolean).join(delimiter) },
    stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    detached: options.group,
  });
  atEnd(() => {
    if (options.group && !hasEnded(child)) process.kill(-child.pid!, 'SIGTERM');
    return stopChild(child, 'SIGTERM', 10_000);
  });
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${name} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const said = Buffer.concat(output).toString('utf8').trim();
      reject(new CommandFailed(`${name} failed (${signal ?? `code ${code}`}).\n${said}`.trim(), code ?? 1));
    });
  });
}
