import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';

const MAX_FILE_BYTES = 10 * 1024 * 1024;
const KEPT_LINES = 200;
const WARNING = 40;
const LEVELS: Record<string, number> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

/** The output of an app: everything goes to a file, warnings and errors (or everything) also to the console. */
export class AppLog {
  readonly file: string;
  private readonly name: string;
  private readonly everything: boolean;
  private readonly stream: WriteStream;
  private readonly lines: string[] = [];

  constructor(name: string, file: string, everything: boolean) {
    this.name = name;
    this.file = file;
    this.everything = everything;
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file) && statSync(file).size > MAX_FILE_BYTES) renameSync(file, `${file}.1`);
    this.stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
    this.stream.on('error', () => undefined);
  }

  /** @param level of lines without a level */
  take(source: Readable, level: 'info' | 'error'): void {
    let rest = '';
    source.setEncoding('utf8');
    source.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) this.add(line, level);
    });
    source.on('end', () => {
      if (rest) this.add(rest, level);
    });
  }

  last(count: number): string[] {
    return this.lines.slice(-count);
  }

  private add(line: string, standard: 'info' | 'error'): void {
    if (!line.trim()) return;
    this.stream.write(`${line}\n`);
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    const { level, text } = read(line, standard);
    if (this.everything || level >= WARNING) console.log(`${this.name.padEnd(6)} ${text}`);
  }
}

/**
 * The apps write one JSON object per line, with the level as a number (pino) or a name (Elastic Common Schema).
 *
 * @param standard level of a line without one
 * @returns what the console shows of a line: level, logger, message, and the error unless the message contains it
 */
export function read(line: string, standard: string): { level: number; text: string } {
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    const named = entry.level ?? entry['log.level'] ?? (entry.log as { level?: unknown } | undefined)?.level;
    const level = typeof named === 'number' ? named : (LEVELS[String(named)] ?? LEVELS[standard]!);
    const name = Object.keys(LEVELS).findLast((key) => LEVELS[key]! <= level) ?? standard;
    const problem = (entry.err ?? entry.error) as { message?: unknown } | undefined;
    const logger = entry['log.logger'] as string | undefined;
    const message = entry.msg ?? entry.message;
    const cause = String(message).includes(String(problem?.message)) ? undefined : problem?.message;
    const parts = [name.toUpperCase().padEnd(5), logger && `${logger}:`, message, cause];
    return { level, text: parts.filter((part) => typeof part === 'string' && part).join(' ') };
  } catch {
    return { level: LEVELS[standard]!, text: line };
  }
}
