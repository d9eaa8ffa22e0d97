import { Preferences, type Taste } from './preferences';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-02T00:00:00Z');
const user = '01890000-0000-7000-8000-000000000000';
const taste: Taste = { interests: ['space'], tone: 'calm', length: 'short', language: 'en', timeZone: 'UTC' };
const rejecting = (code: string) => expect.objectContaining({ code });

describe('preferences', () => {
  it('raise one event with all values per change', () => {
    const preferences = Preferences.of(user, taste, now);
    preferences.change({ ...taste, interests: ['cats'] }, later);
    expect(preferences.takeEvents().map(({ sequence, data }) => [sequence, data])).toEqual([
      [1, { userId: user, ...taste }],
      [2, { userId: user, ...taste, interests: ['cats'] }],
    ]);
    expect(preferences.snapshot().updatedAt).toBe(later);
  });

  it('hold no interest twice, however it is written', () => {
    for (const interests of [
      ['a', 'a'],
      ['Cats', 'cats'],
      ['ﬁre', 'fire'],
    ]) {
      expect(() => Preferences.of(user, { ...taste, interests }, now)).toThrow(
        rejecting('identity.interests-repeated'),
      );
    }
  });

  it('normalize languages to BCP 47 and reject unknown ones', () => {
    const languageOf = (language: string) =>
      Preferences.of(user, { ...taste, language }, now).snapshot().language;
    expect(['EN', 'de-at', 'zh-hant-tw', 'pt-BR'].map(languageOf)).toEqual([
      'en',
      'de-AT',
      'zh-Hant-TW',
      'pt-BR',
    ]);
    for (const language of ['xx', 'english', 'en_US', '12', 'de--AT', 'i-am-not']) {
      expect(() => languageOf(language)).toThrow(rejecting('identity.language-unknown'));
    }
  });

  it('name a time zone of the IANA database, no offset', () => {
    const zoneOf = (timeZone: string) =>
      Preferences.of(user, { ...taste, timeZone }, now).snapshot().timeZone;
    for (const zone of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
      expect(zoneOf(zone)).toBe(zone);
    for (const zone of ['', 'Berlin', 'Europe/Atlantis', '+01:00', 'Europe/Berlin ', "UTC'; --"]) {
      expect(() => zoneOf(zone)).toThrow(rejecting('identity.time-zone-unknown'));
    }
  });

  it('stay as they were when a change is refused', () => {
    const preferences = Preferences.of(user, taste, now);
    preferences.takeEvents();
    expect(() => preferences.change({ ...taste, tone: 'dark', language: 'xx' }, later)).toThrow(
      rejecting('identity.language-unknown'),
    );
    expect(preferences.snapshot()).toMatchObject(taste);
    expect(preferences.takeEvents()).toEqual([]);
  });
});
