import { read } from './app-log.mts';

describe('A line of an app on the console', () => {
  it.each([
    [
      'names its logger',
      { 'log.level': 'warn', 'log.logger': 'Language model', message: 'does not answer.' },
      'WARN  Language model: does not answer.',
    ],
    [
      'has the error behind the message',
      { level: 50, msg: 'failed', err: { message: 'no connection' } },
      'ERROR failed no connection',
    ],
    [
      'has an error that the message contains once',
      { level: 50, msg: 'failed: no connection', err: { message: 'no connection' } },
      'ERROR failed: no connection',
    ],
  ])('%s', (_, entry, text) => expect(read(JSON.stringify(entry), 'info').text).toBe(text));

  it('is shown as it is if it is not JSON', () =>
    expect(read('Segmentation fault', 'error')).toEqual({ level: 50, text: 'Segmentation fault' }));
});
