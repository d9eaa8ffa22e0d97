import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('The linter of asyncapi.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('names what the schema of AsyncAPI does not allow, and what the ruleset asks for', async () => {
    const document = JSON.parse(readFileSync('asyncapi.json', 'utf8'));
    document.operations.sendFrames.action = 'shout';
    delete document.operations.sendEvents.description;
    const path = join(folder, 'asyncapi.json');
    writeFileSync(path, JSON.stringify(document));
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, ['tools/support/lint-asyncapi.mts', path], (error, _, stderr) =>
        resolve(error ? stderr : 'no finding'),
      );
    });
    expect(said).toContain('asyncapi-3-document');
    expect(said).toContain('operations.sendFrames.action');
    expect(said).toContain('asyncapi-3-operation-description');
  }, 240_000);
});
