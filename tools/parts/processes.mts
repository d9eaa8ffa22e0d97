import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The command line of a process, empty if there is none with this pid (a zombie counts as ended). Pids are reused:
 * check the command line of a pid that was read from a file.
 */
export function commandLine(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    }
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** Resolves to true as soon as the condition holds, to false after the timeout. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  milliseconds: number,
  every = 25,
): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() >= deadline) return false;
    await sleep(every);
  }
  return true;
}

/**
 * Stops a process left over from an earlier run, first with `signal`, finally with SIGKILL.
 *
 * @param pid read from a file of that run
 * @param mark text that its command line must contain; otherwise nothing is done
 * @param signal the first signal
 * @returns whether there was such a process
 * @throws Error if it does not end
 */
export async function stopLeftover(
  pid: number,
  mark: string,
  signal: NodeJS.Signals,
  patience = 10_000,
): Promise<boolean> {
  const alive = () => commandLine(pid).includes(mark);
  if (!Number.isInteger(pid) || pid <= 1 || !alive()) return false;
  for (const attempt of [signal, 'SIGKILL'] as const) {
    send(pid, attempt);
    if (await waitFor(() => !alive(), patience)) return true;
  }
  throw new Error(`Process ${pid}, left over from an earlier run, does not end: ${commandLine(pid)}`);
}

/**
 * Sends a signal to a child and waits until it has ended; sends SIGKILL after the timeout. Returns immediately if it
 * has already ended.
 */
export async function stopChild(
  child: ChildProcess,
  signal: NodeJS.Signals,
  patience: number,
): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  await ended;
  clearTimeout(timer);
}

export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/**
 * Ends a process when this one dies for any reason, including SIGKILL: a shell waits on a pipe that only this process
 * holds open, and the system closes it. The child is in its own process group, so that Ctrl-C reaches only the
 * supervisor, which stops everything in order.
 */
export function leash(child: ChildProcess, signal: 'INT' | 'TERM'): void {
  const script = `trap '' INT TERM HUP; read -r word; [ "$word" = released ] || kill -${signal} ${child.pid} 2>/dev/null`;
  const guard = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  child.once('exit', () => guard.stdin.end('released\n'));
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
