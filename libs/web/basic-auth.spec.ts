import { isOperator } from './basic-auth';

const settings = { opsUser: 'ops', opsPassword: 'sécret:x' };
const basic = (text: string) => `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;

describe('The credentials of operators', () => {
  it('are accepted, with any case of the scheme', () => {
    expect(isOperator(basic('ops:sécret:x'), settings)).toBe(true);
    expect(isOperator(basic('ops:sécret:x').replace('Basic', 'basic'), settings)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'Basic',
    'Basic %%%',
    basic(''),
    basic('ops'),
    basic('ops:'),
    basic('ops:sécret'),
    basic('OPS:sécret:x'),
    `Bearer ${Buffer.from('ops:sécret:x').toString('base64')}`,
  ])('are not %j', (header) => expect(isOperator(header, settings)).toBe(false));
});
