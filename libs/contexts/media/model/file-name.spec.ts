import fc from 'fast-check';
import { safeFileName } from './file-name';

describe('The name of a file', () => {
  it.each([
    ['owl.jpg', 'owl.jpg'],
    ['/etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['...', 'file'],
    ['', 'file'],
    ['  two   words .txt ', 'two words .txt'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['a"b*c:d<e>f?g|h\r\nX-Evil: 1', 'abcdefghX-Evil 1'],
    ['Grüße.pdf', 'Grüße.pdf'],
    ['.htaccess', 'htaccess'],
    [`${'x'.repeat(300)}.jpeg`, `${'x'.repeat(95)}.jpeg`],
  ])('%j is kept as %j', (name, kept) => {
    expect(safeFileName(name)).toBe(kept);
  });

  it('is safe and stays the same, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const safe = safeFileName(name);
        expect(safe).toMatch(/^[^\p{C}/\\"*:<>?|.][^\p{C}/\\"*:<>?|]{0,99}$/u);
        expect(safe.isWellFormed()).toBe(true);
        expect(safeFileName(safe)).toBe(safe);
      }),
    );
  });
});
