import { checkPassword } from './password-policy';

const own = { email: 'ada.lovelace@example.com', username: 'countess', name: 'Ada Lovelace' };
const check = (password: string) => () => checkPassword(password, own);
const weak = expect.objectContaining({ code: 'identity.password-weak' });

describe('the password policy', () => {
  it.each(['correct horse battery', 'Rookery-demo-1', 'zK4!pq92#vLm', '819304475516', 'мой длинный пароль'])(
    'accepts %s',
    (password) => {
      expect(check(password)).not.toThrow();
    },
  );

  it.each([
    'qwerty123456',
    'QWERTY123456',
    'password!2026',
    '2026password!!!',
    '123456789012',
    'xyxyxyxyxyxy',
    'passwordpassword',
    'qwertyuiopasdf',
    'fedcba987654',
    'aaaaaaaaaaaa',
  ])('refuses %s, which guessers try early', (password) => {
    expect(check(password)).toThrow(weak);
  });

  it.each(['ada.lovelace1', 'countess12345', 'Ada Lovelace!'])(
    'refuses %s, made of the owner’s names',
    (password) => {
      expect(check(password)).toThrow(weak);
    },
  );

  it('refuses the owner’s whole address, however short its first part is', () => {
    const short = { email: 'ada@example.com', username: 'countess', name: 'Ada' };
    expect(() => checkPassword('Ada@example.com', short)).toThrow(weak);
    expect(() => checkPassword('ada@example.com1', short)).toThrow(weak);
  });

  it.each(['Rookery-2026!!', 'rookeryrookery1', 'admin@rookery.1', 'MODERATOR-12345', 'rookeries-4-me!'])(
    'refuses %s, made of words of this place',
    (password) => {
      expect(check(password)).toThrow(weak);
    },
  );

  it.each([
    'ｐａｓｓｗｏｒｄ１２３４',
    'ｑwertyuiopasd',
    'Ⓡⓞⓞⓚⓔⓡⓨ－2026!!',
    'ﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁﬁ',
    'ｃｏｕｎｔｅｓｓ12345',
  ])('refuses %s, which is one of those in other characters (NFKC)', (password) => {
    expect(check(password)).toThrow(weak);
  });

  it.each<[string, object[]]>([
    ['password!2026', [{ code: 'password-common', params: {} }]],
    ['xyxyxyxyxyxy', [{ code: 'password-repetition', params: {} }]],
    ['qwertyuiopasdf', [{ code: 'password-sequence', params: {} }]],
    ['Rookery-2026!!', [{ code: 'password-service', params: {} }]],
    [
      'countess12345',
      [{ code: 'password-common' }, { code: 'password-own', params: { contains: 'username' } }],
    ],
    ['Ada Lovelace!', [{ code: 'password-own', params: { contains: 'name' } }]],
    ['123412341234', [{ code: 'password-repetition' }, { code: 'password-sequence' }]],
  ])('says which rules %s violates', (password, errors) => {
    const expected = errors.map((error) =>
      expect.objectContaining({
        ...error,
        path: 'password',
        message: expect.stringMatching(/^The password/),
      }),
    );
    expect(check(password)).toThrow(expect.objectContaining({ errors: expected }));
  });

  it('names the limits when too few characters are left', () => {
    const params = { min: 12, max: 128, unit: 'characters' };
    expect(check('é€x'.normalize('NFD').repeat(3))).toThrow(
      expect.objectContaining({ errors: expect.arrayContaining([expect.objectContaining({ params })]) }),
    );
  });

  it('counts the characters that are left', () => {
    expect(check('é€x'.normalize('NFD').repeat(3))).toThrow(weak);
  });

  it('accepts a context-specific word with four other letters', () => {
    expect(check('rookery-nest-77')).not.toThrow();
  });

  it('accepts a name that is a small part of a long password', () => {
    expect(check('a countess of very many words')).not.toThrow();
  });
});
