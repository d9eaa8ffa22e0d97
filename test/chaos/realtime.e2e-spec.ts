import { execFile } from 'node:child_process';

describe('while api processes are killed and Redis is restarted', () => {
  it('every frame arrives exactly once, in order, at every socket', async () => {
    const { failed, output } = await new Promise<{ failed: boolean; output: string }>((resolve) => {
      const env = { CHAOS_SOCKETS: '40', CHAOS_FAULTS: '3', CHAOS_FRAMES: '200', ...process.env };
      execFile(process.execPath, ['test/chaos/realtime.mts'], { env }, (error, stdout, stderr) =>
        resolve({ failed: error !== null, output: stdout + stderr }),
      );
    });
    expect(output).toContain('"broken": []');
    expect(failed).toBe(false);
  }, 480_000);
});
