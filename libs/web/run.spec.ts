import { EventEmitter } from 'node:events';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Drain } from './drain';
import { reasonOf, runUntilSignal } from './run';

class Process extends EventEmitter {
  readonly exits: number[] = [];
  private readonly waiting: (() => void)[] = [];

  exit(code: number): never {
    this.exits.push(code);
    this.waiting.forEach((resolve) => resolve());
    return undefined as never;
  }

  exited(): Promise<void> {
    return this.exits.length > 0 ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }
}

function running({
  close = async () => undefined,
  graceMs = 0,
}: { close?: () => Promise<void>; graceMs?: number } = {}) {
  const drain = new Drain();
  const lines: string[] = [];
  const note = (...parts: unknown[]) => void lines.push(String(parts.at(-1)));
  const self = new Process();
  const app = { get: () => drain, close } as unknown as INestApplicationContext;
  runUntilSignal(app, {
    graceMs,
    deadlineMs: 1_000,
    log: { info: note, fatal: note, error: note } as never,
    process: self as never,
  });
  return { drain, lines, self };
}

describe('Graceful shutdown', () => {
  afterEach(() => jest.useRealTimers());

  it.each(['SIGTERM', 'SIGINT'])('by %s closes the app and exits with 0', async (signal) => {
    const { self, drain } = running();
    self.emit(signal);
    await self.exited();
    expect(self.exits).toEqual([0]);
    expect(drain.closed).toBe(true);
  });

  it('is not ready during the grace, but still answers', async () => {
    jest.useFakeTimers();
    let closed = false;
    const { self, drain } = running({ graceMs: 500, close: async () => void (closed = true) });
    self.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(499);
    expect([drain.draining, drain.closed, closed]).toEqual([true, false, false]);
    await jest.advanceTimersByTimeAsync(1);
    expect([drain.closed, closed]).toEqual([true, true]);
    expect(self.exits).toEqual([0]);
  });

  it('is ended at the deadline when closing hangs', async () => {
    jest.useFakeTimers();
    const { self } = running({ close: () => new Promise(() => undefined) });
    self.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(999);
    expect(self.exits).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(self.exits).toEqual([1]);
  });

  it('exits at once at the second signal', async () => {
    const { self } = running({ close: () => new Promise(() => undefined) });
    self.emit('SIGTERM');
    self.emit('SIGINT');
    expect(self.exits).toEqual([1]);
  });

  it('exits with 1 when closing fails', async () => {
    const { self, lines } = running({ close: () => Promise.reject(new Error('stuck')) });
    self.emit('SIGTERM');
    await self.exited();
    expect(self.exits).toEqual([1]);
    expect(lines).toContain('Closing failed.');
  });

  it.each(['uncaughtException', 'unhandledRejection'])(
    'closes in order and exits with 1 after an %s',
    async (kind) => {
      let closed = false;
      const { self, lines } = running({ close: async () => void (closed = true) });
      self.emit(kind, new Error('nobody caught me'));
      await self.exited();
      expect(self.exits).toEqual([1]);
      expect(closed).toBe(true);
      expect(lines).toContain(kind);
    },
  );
});

describe('Why a program cannot start', () => {
  it('names the dependent, the missing provider, and where to add it', async () => {
    abstract class Nests {}
    @Injectable()
    class Bird {
      constructor(readonly nests: Nests) {}
    }
    class Wood {}
    Module({ providers: [Bird] })(Wood);
    const creating = NestFactory.createApplicationContext(Wood, { logger: false, abortOnError: false });
    const error = await creating.catch((reason: unknown) => reason);
    expect(reasonOf(error)).toBe(
      'Bird needs Nests, which Wood does not provide: add it under "providers" in Wood.context.ts. If it is a port of another context, add its implementation under "offers" in the declaration of that context.',
    );
  });

  it('is the message of any other error', () => {
    expect([reasonOf(new Error('The port is taken.')), reasonOf('because')]).toEqual([
      'The port is taken.',
      'because',
    ]);
  });
});
