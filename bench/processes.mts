import { readdirSync, readFileSync } from 'node:fs';

/** The unit of CPU time in `/proc`: a hundredth of a second. */
const MICROSECONDS_PER_TICK = 10_000;

/**
 * @param pid of a process on Linux
 * @returns microseconds of CPU time of the process, its children and its ended children
 */
export function cpuMicroseconds(pid: number): number {
  const [ticks, reaped] = statOf(pid);
  const children = childrenOf(pid).reduce((sum, child) => sum + cpuMicroseconds(child), 0);
  return (ticks + reaped) * MICROSECONDS_PER_TICK + children;
}

/** @returns memory of a process in megabytes */
export function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024;
}

/** @returns the parent of a process */
export function parentOf(pid: number): number {
  return Number(/PPid:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1]);
}

/** @returns ticks of CPU time: its own, and those of children that ended */
function statOf(pid: number): [own: number, reaped: number] {
  const text = read(`/proc/${pid}/stat`);
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
  return [user + system, childrenUser + childrenSystem];
}

function childrenOf(pid: number): number[] {
  const threads = list(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
