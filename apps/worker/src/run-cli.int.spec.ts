import { contexts } from '@rookery/contexts';
import { ownSystem } from '@rookery/testing/own-system';
import { runCli } from './run-cli';

describe('A command line of a context', () => {
  const system = ownSystem(contexts);
  let printed: jest.SpyInstance;

  beforeEach(() => {
    printed = jest.spyOn(console, 'log').mockImplementation();
  });
  afterEach(() => printed.mockRestore());

  const lines = () => printed.mock.calls.map(([line]) => line as string);

  it('shows what it has done', async () => {
    await runCli(contexts, 'keys', ['add']);
    expect(lines()).toEqual([
      expect.stringMatching(/ {2}next .*promote in/),
      expect.stringMatching(/ {2}signing /),
    ]);
  });

  it('says what it refuses', async () => {
    await expect(runCli(contexts, 'keys', ['retire'])).rejects.toThrow(/retir/);
  });

  it('is in the audit log, with its outcome', async () => {
    await runCli(contexts, 'keys', ['list']);
    await expect(runCli(contexts, 'keys', ['promote'])).rejects.toThrow(/wait/);
    const entries = await system.sql(
      `SELECT outcome, details FROM audit.entries WHERE action = 'platform.run-program'
       ORDER BY id DESC LIMIT 2`,
    );
    expect(entries).toEqual([
      { outcome: 'failed', details: { program: 'keys', args: 'promote' } },
      { outcome: 'done', details: { program: 'keys', args: 'list' } },
    ]);
  });

  it.each([[['burn']], [['list', '--force']], [['promote', '--now']]])(
    'shows how it is used when asked %j',
    async (args) => {
      await expect(runCli(contexts, 'keys', args)).rejects.toThrow('npm run keys -- list | add');
    },
  );

  it('is one that a context declares', async () => {
    await expect(runCli(contexts, 'locks', [])).rejects.toThrow(
      'No context declares a command-line tool named locks.',
    );
  });
});
