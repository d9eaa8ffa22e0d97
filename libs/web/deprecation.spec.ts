import { Controller, Get, Query } from '@nestjs/common';
import { Explain, Field, ListQuery, type Page, Public } from '.';
import { Deprecated } from './deprecation';
import { sampleApp, type SampleApp } from './testing/sample-app';

class Feather {
  @Field.integer({ description: 'Number.' }) n: number;
  @Field.integer({ description: 'Number; use `n`.', deprecated: true }) number: number;
}

@Controller('feathers')
class FeatherRoutes {
  @Get('list')
  @Public()
  @Deprecated({ since: '2026-11-22', sunset: '2027-06-01', instead: 'Use `GET /v1/nests`.' })
  @Explain({ operationId: 'listFeathers', summary: 'List feathers', ok: { list: Feather } })
  list(@Query() { limit }: ListQuery): Page<object> {
    return { data: Array.from({ length: limit }, () => ({})), page: { nextCursor: 'next' } };
  }

  @Get('one')
  @Deprecated({
    since: '2026-11-22',
    sunset: '2027-06-01',
    instead: 'Use none.',
    page: 'https://a.example/x',
  })
  @Explain({ operationId: 'getFeather', summary: 'Get a feather', description: 'A long one.' })
  one(): void {}
}

describe('A deprecated operation', () => {
  let sample: SampleApp;
  beforeAll(async () => {
    sample = await sampleApp({ CORS_ORIGINS: 'https://app.example' }, [FeatherRoutes]);
  });
  afterAll(() => sample.app.close());

  const headersOf = async (url: string) => (await sample.app.inject(url)).headers;

  it('says since when, until when and where to read about it', async () => {
    const { deprecation, sunset, link } = await headersOf('/v1/feathers/list?limit=1');
    expect(deprecation).toBe(`@${Date.UTC(2026, 10, 22) / 1_000}`);
    expect(sunset).toBe('Tue, 01 Jun 2027 00:00:00 GMT');
    expect(link).toBe(
      '</v1/feathers/list?limit=1&cursor=next>; rel="next", </v1/docs>; rel="deprecation"; type="text/html"',
    );
  });

  it('says so on its errors too', async () => {
    const unsigned = await sample.app.inject('/v1/feathers/one');
    expect([unsigned.statusCode, unsigned.headers.deprecation, unsigned.headers.link]).toEqual([
      401,
      expect.stringMatching(/^@\d+$/),
      '<https://a.example/x>; rel="deprecation"; type="text/html"',
    ]);
    expect(await headersOf('/v1/feathers/list?limit=0')).toHaveProperty('sunset');
  });

  it('can be read so by pages of other origins', async () => {
    const { headers } = await sample.app.inject({
      url: '/v1/feathers/list',
      headers: { origin: 'https://app.example' },
    });
    expect(headers['access-control-expose-headers']).toMatch(/\bDeprecation\b.*\bSunset\b/);
  });

  it('is marked in the description of the API, as is a deprecated field', async () => {
    const { paths, components } = (await sample.app.inject('/v1/openapi.json')).json();
    const { get } = paths['/v1/feathers/list'];
    expect(get).toMatchObject({
      deprecated: true,
      description: 'Deprecated since 2026-11-22. It can be removed from 2027-06-01 on. Use `GET /v1/nests`.',
    });
    expect(Object.keys(get.responses['200'].headers)).toEqual(
      expect.arrayContaining(['Deprecation', 'Sunset', 'Link']),
    );
    expect(get).not.toHaveProperty('x-deprecation');
    expect(paths['/v1/feathers/one'].get.description).toMatch(/^A long one\.\n\nDeprecated since/);
    expect(components.schemas.Feather.properties).toMatchObject({ number: { deprecated: true } });
    expect(paths['/v1/nests'].get).not.toHaveProperty('deprecated');
  });

  it('is the only one with these headers', async () => {
    for (const url of ['/v1/nests', '/v1/feathers/none'])
      expect(Object.keys(await headersOf(url))).not.toContain('deprecation');
  });

  it.each([
    ['2026-11-22', '2027-05-20', '2027-05-20 is too early'],
    ['2026-11-22', '2026-01-01', '2026-01-01 is too early'],
    ['22.11.2026', '2027-06-01', '22.11.2026 is not a date'],
    ['2026-11-22', '2027-13-01', '2027-13-01 is not a date'],
  ])('since %s until %s is refused', (since, sunset, why) => {
    expect(() => Deprecated({ since, sunset, instead: 'Use another.' })).toThrow(why);
  });
});
