import { definedRules } from '@rookery/domain';
import { Controller, Get, Module } from '@nestjs/common';
import { ApiSchema, ApiTags, type OpenAPIObject } from '@nestjs/swagger';
import { createLogger, LoggingModule, LogSettings } from '@rookery/observability';
import { resolveParts } from '@rookery/testing';
import { Public } from './access';
import { Explain } from './explain';
import { Field } from './fields';
import { type ApiDescription, buildOpenApi } from './openapi';
import { WebSettings } from './settings';
import { Bird as otherBird } from './testing/other-bird';
import { sampleApp, type SampleApp } from './testing/sample-app';
import { createWebApp } from './web-app';
import { WebModule } from './web.module';

const ABOUT = { title: 'Sample', description: 'A sample.', version: '1' };

async function describing(
  controller: new () => object,
  about: ApiDescription = { ...ABOUT, tags: [{ name: 'Nests', description: 'Where they breed.' }] },
): Promise<() => OpenAPIObject> {
  const logger = createLogger(new LogSettings({ LOG_LEVEL: 'silent' }));

  @Module({ imports: [LoggingModule.forRoot(logger), WebModule], controllers: [controller] })
  class Root {}

  const app = await createWebApp(Root, { settings: new WebSettings({}), logger });
  return () => buildOpenApi(app, about);
}

describe('The description of the API', () => {
  let sample: SampleApp;
  // oxlint-disable-next-line typescript/no-explicit-any
  let document: any;

  beforeAll(async () => {
    sample = await sampleApp();
    document = resolveParts((await sample.app.inject('/v1/openapi.json')).json());
  });
  afterAll(() => sample.app.close());

  it('is OpenAPI 3.1 and wants a bearer token unless a route says otherwise', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.paths['/v1/nests'].post.security).toEqual([]);
    expect(document.paths['/v1/work/me'].get.security).toBeUndefined();
  });

  it('documents a body from the decorators that validate it', () => {
    expect(document.components.schemas.NestDraft).toEqual({
      type: 'object',
      required: ['title'],
      properties: {
        title: {
          type: 'string',
          minLength: 1,
          maxLength: 10,
          pattern: '\\S',
          description: 'What it is called.',
          example: 'Oak',
        },
        contact: { type: 'string', format: 'email', maxLength: 254, description: 'Whom to write to.' },
        tags: {
          type: 'array',
          items: { type: 'string', minLength: 1, maxLength: 5 },
          minItems: 0,
          maxItems: 3,
          uniqueItems: true,
          description: 'Topics.',
        },
        eggs: {
          type: 'array',
          items: { $ref: '#/components/schemas/Egg' },
          minItems: 0,
          maxItems: 4,
          description: 'What lies in it.',
        },
        best: { allOf: [{ $ref: '#/components/schemas/Egg' }], description: 'The best one.' },
        built: { type: ['string', 'null'], format: 'date', description: 'When it was built.' },
      },
    });
  });

  it('shares a named choice and lets an object be null', () => {
    const { NestView, Mood } = document.components.schemas;
    expect(Mood).toEqual({ type: 'string', enum: ['calm', 'busy'], description: 'One of calm, busy.' });
    expect(NestView.properties.mood).toEqual({
      allOf: [{ $ref: '#/components/schemas/Mood' }],
      description: 'Now.',
    });
    expect(NestView.properties.moods).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/Mood' },
      minItems: 0,
      maxItems: 9,
      description: 'Before.',
    });
    expect(NestView.properties.egg).toEqual({
      anyOf: [{ $ref: '#/components/schemas/Egg' }, { type: 'null' }],
      description: 'The only one.',
    });
  });

  it('distinguishes objects of several classes by a field', async () => {
    class Robin {
      @Field.oneOf(['robin'], { description: 'A robin.' }) type: 'robin';
    }
    class Owl {
      @Field.oneOf(['owl'], { description: 'An owl.' }) type: 'owl';
      @Field.integer({ description: 'Of its wings, in cm.' }) span: number;
    }
    class Guest {
      @Field.union({ robin: Robin, owl: Owl }, { discriminator: 'type', description: 'Who came.' })
      bird: Robin | Owl;
    }
    @Controller('guest')
    class Guests {
      @Get()
      @Public()
      @Explain({ operationId: 'guest', summary: 'Guest', ok: { type: Guest } })
      guest(): object {
        return {};
      }
    }
    const { components } = (await describing(Guests, ABOUT))();
    const [robin, owl] = ['#/components/schemas/Robin', '#/components/schemas/Owl'];
    expect(components!.schemas!.Guest).toEqual({
      type: 'object',
      required: ['bird'],
      properties: {
        bird: {
          oneOf: [{ $ref: robin }, { $ref: owl }],
          discriminator: { propertyName: 'type', mapping: { robin, owl } },
          description: 'Who came.',
        },
      },
    });
    expect(components!.schemas!.Owl).toMatchObject({ properties: { type: { enum: ['owl'] } } });
  });

  it('names no schema that it does not hold', () => {
    const raw = JSON.stringify(buildOpenApi(sample.app, ABOUT));
    const references = [...raw.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]*)"/g)];
    expect(references.length).toBeGreaterThan(20);
    for (const [, group, name] of references)
      expect(Object.keys(document.components[group!])).toContain(name);
  });

  it('lists every problem that a route can answer, with an example each', () => {
    const { responses } = document.paths['/v1/nests'].post;
    expect(Object.keys(responses)).toEqual(['201', '400', '409', '413', '415', '422', '429', '500', '503']);
    expect(Object.keys(responses['400'].content['application/problem+json'].examples)).toEqual([
      'request.invalid',
      'request.malformed-json',
      'request.too-many-members',
    ]);
    expect(Object.keys(responses['409'].content['application/problem+json'].examples)).toEqual([
      'idempotency.in-progress',
      'sample.nest-taken',
    ]);
    expect(document.components.examples['sample.nest-taken'].value).toMatchObject({
      status: 409,
      code: 'sample.nest-taken',
    });
  });

  it('lists the codes of a response, and shares the response with all routes that answer the same', () => {
    const { paths, components } = buildOpenApi(sample.app, ABOUT) as unknown as typeof document;
    const { post } = paths['/v1/nests'];
    expect(post.responses['409']).toEqual({
      $ref: '#/components/responses/IdempotencyInProgressOrSampleNestTaken',
    });
    expect(
      components.responses.IdempotencyInProgressOrSampleNestTaken.content['application/problem+json'].schema,
    ).toEqual({
      allOf: [
        { $ref: '#/components/schemas/Problem' },
        { properties: { code: { type: 'string', enum: ['idempotency.in-progress', 'sample.nest-taken'] } } },
      ],
    });
    expect(post.responses['500']).toEqual({ $ref: '#/components/responses/Internal' });
    expect(paths['/v1/work/rule'].get.responses['500']).toEqual(post.responses['500']);
    expect(post.parameters).toContainEqual({ $ref: '#/components/parameters/IdempotencyKey' });
  });

  it('names the permissions of all routes as the scopes that there are', () => {
    expect(document.components.schemas.Scope.enum).toEqual(['read', 'write', 'nests:rule']);
  });

  it('shows which rules a request can break, by example and by name', () => {
    const { errors } = document.components.examples['request.invalid'].value;
    expect(errors.length).toBeGreaterThan(0);
    const { Problem, FieldError, RuleCode } = document.components.schemas;
    expect(Problem.properties.errors.items).toEqual({ $ref: '#/components/schemas/FieldError' });
    expect(FieldError.properties.code).toEqual({ $ref: '#/components/schemas/RuleCode' });
    expect(RuleCode.enum).toEqual(definedRules().map(({ code }) => code));
    for (const each of errors) {
      expect(RuleCode.enum).toContain(each.code);
      expect(Object.keys(each)).toEqual(FieldError.required);
      for (const name of Object.keys(each.params))
        expect(FieldError.properties.params.properties).toHaveProperty(name);
    }
    expect(errors[0]).toMatchObject({ code: 'length', params: { min: 1, max: 100, unit: 'characters' } });
    expect(FieldError.properties.params.properties.min).toEqual({
      anyOf: [{ type: 'integer' }, { type: ['number', 'string'] }],
      description: expect.stringMatching(/^`length`: .* `range`: /),
    });
    expect(document.components.examples['sample.nest-taken'].value.errors).toEqual([
      { path: 'title', code: 'taken', params: {}, message: 'Another bird lives in this nest.' },
    ]);
    expect(document.components.examples.internal.value).not.toHaveProperty('errors');
  });

  it('implies 401 without @Public, 403 with a permission, 412 and 428 with If-Match, 404 with an id', () => {
    expect(Object.keys(document.paths['/v1/work/rule'].get.responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '429',
      '500',
      '503',
    ]);
    expect(document.paths['/v1/work/rule'].get['x-required-permission']).toBe('nests:rule');
    expect(Object.keys(document.paths['/v1/nests/{id}'].patch.responses)).toEqual(
      expect.arrayContaining(['404', '412', '428']),
    );
  });

  it('gives a parameter that may be left out no example, which Swagger UI would send', () => {
    const parameters = document.paths['/v1/nests'].get.parameters as { name: string }[];
    expect(parameters.find(({ name }) => name === 'bird')).toMatchObject({
      description: 'Whose nests. For example `swifts`.',
      schema: { type: 'string', minLength: 1, maxLength: 20 },
    });
    expect(JSON.stringify(parameters)).not.toContain('"example"');
  });

  it('sets Cache-Control', () => {
    const cacheControl = (path: string, method = 'get') =>
      document.paths[path][method].responses['200'].headers['Cache-Control'].description;
    expect(cacheControl('/v1/work/me')).toContain('`private, no-store`');
    expect(cacheControl('/v1/nests/own')).toContain('`private, no-cache`');
    expect(cacheControl('/v1/nests/{id}', 'patch')).toContain('`private, no-store`');
    expect(cacheControl('/livez')).toContain('`no-store`');
  });

  it('documents the rate limits of every route that is not exempt', () => {
    const byDefault = { policy: 'default', limit: 40, window: 2, per: ['ip'] };
    expect(document.paths['/v1/work/me'].get['x-rate-limit']).toEqual([byDefault]);
    expect(document.paths['/v1/work/rule'].get['x-rate-limit']).toEqual([
      byDefault,
      { policy: 'login', limit: 10, window: 60, per: ['ip', 'account'] },
    ]);
    expect(document.paths['/v1/work/me'].get.responses['200'].headers).toHaveProperty('RateLimit');
    expect(Object.keys(document.paths['/v1/work/me'].get.responses['429'].headers)).toEqual([
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
    ]);
    expect(document.paths['/livez'].get['x-rate-limit']).toBeUndefined();
    expect(document.paths['/livez'].get.responses['429']).toBeUndefined();
  });

  it('describes the Idempotency-Key of every POST and PATCH, and of them alone', () => {
    const header = ({ parameters = [] }: { parameters?: { name: string }[] }) =>
      parameters.find(({ name }) => name === 'Idempotency-Key');
    for (const methods of Object.values<Record<string, never>>(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        expect([method, header(operation) !== undefined]).toEqual([
          method,
          ['post', 'patch'].includes(method),
        ]);
      }
    }
    const { post } = document.paths['/v1/nests'];
    expect(header(post)).toMatchObject({
      in: 'header',
      required: false,
      schema: { minLength: 1, maxLength: 255 },
    });
    expect(post.responses['201'].headers).toHaveProperty('Idempotency-Replayed');
    expect(Object.keys(post.responses['422'].content['application/problem+json'].examples)).toEqual([
      'idempotency.key-reused',
    ]);
    const secret = document.paths['/v1/work/context'].post;
    expect(header(secret)).toMatchObject({ description: expect.stringContaining('is not stored') });
    expect(secret.responses['200'].headers).not.toHaveProperty('Idempotency-Replayed');
    expect(secret).not.toHaveProperty('x-never-stored');
  });

  it('describes lists by their envelope and queries by their fields', () => {
    const { parameters, responses } = document.paths['/v1/nests'].get;
    expect(responses['200'].content['application/json'].schema.$ref).toBe(
      '#/components/schemas/NestViewList',
    );
    expect(responses['200'].headers.Link).toBeDefined();
    expect(parameters.find(({ name }: { name: string }) => name === 'tags')).toMatchObject({
      in: 'query',
      required: false,
      explode: false,
    });
    expect(parameters.find(({ name }: { name: string }) => name === 'limit').schema).toEqual({
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 20,
    });
  });

  it('shows no internal extensions', () => {
    expect(JSON.stringify(document)).not.toMatch(/"x-(public|problems|versioned|cacheable)"/);
  });

  it('comes out the same each time', () => {
    expect(resolveParts(buildOpenApi(sample.app, ABOUT))).toEqual(document);
    expect(Object.keys(document.paths)).toEqual(Object.keys(document.paths).sort());
  });

  it.each([
    ['/v1/docs', 'text/html'],
    ['/v1/docs/swagger-ui.css', 'text/css'],
    ['/v1/docs/swagger-ui-bundle.js', 'javascript'],
    ['/v1/docs/swagger-ui-init.js', 'javascript'],
    ['/v1/docs/favicon-32x32.png', 'image/png'],
    ['/v1/openapi.yaml', 'yaml'],
  ])('is served without any other server: %s', async (url, type) => {
    const { statusCode, headers } = await sample.app.inject(url);
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toContain(type);
  });

  it.each(['/v1/openapi.json', '/v1/openapi.yaml', '/v1/docs/swagger-ui-init.js'])(
    'is not sent again to who has it: %s',
    async (url) => {
      const { etag } = (await sample.app.inject(url)).headers;
      const headers = { 'if-none-match': String(etag) };
      const { statusCode, headers: answered } = await sample.app.inject({ url, headers });
      expect([statusCode, answered['cache-control']]).toEqual([304, 'public, max-age=300']);
    },
  );

  it('is shown by a page that loads nothing from elsewhere', async () => {
    const { body, headers } = await sample.app.inject('/v1/docs');
    expect(body).not.toMatch(/(src|href)=["']https?:/);
    expect(headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('An API that cannot be described', () => {
  it('has a route that explains nothing', async () => {
    @Controller('a')
    class Silent {
      @Get()
      @Public()
      one(): object {
        return {};
      }
    }
    expect(await describing(Silent)).toThrow('GET /v1/a has no operationId');
  });

  it('has an operationId twice', async () => {
    @Controller('a')
    class Twice {
      @Get('1')
      @Public()
      @Explain({ operationId: 'same', summary: 'One' })
      one(): object {
        return {};
      }

      @Get('2')
      @Public()
      @Explain({ operationId: 'same', summary: 'Two' })
      two(): object {
        return {};
      }
    }
    expect(await describing(Twice)).toThrow('GET /v1/a/2 repeats the operationId same');
  });

  it('has two classes that are the schema of one name', async () => {
    @ApiSchema({ name: 'Bird' })
    class BirdView {
      @Field.text({ max: 9, description: 'Name.' }) name: string;
    }
    @Controller('a')
    class One {
      @Get()
      @Public()
      @Explain({ operationId: 'one', summary: 'One', ok: { type: BirdView } })
      one(): object {
        return {};
      }

      @Get('other')
      @Public()
      @Explain({ operationId: 'other', summary: 'Other', ok: { list: otherBird } })
      other(): object {
        return {};
      }
    }
    expect(await describing(One)).toThrow(
      'class Bird in libs/web/testing/other-bird.ts and class BirdView in libs/web/openapi.spec.ts both declare the schema Bird: rename one of them, or add @ApiSchema({ name }) to its class',
    );
  });

  it('has a class with the name of a list', async () => {
    @ApiSchema({ name: 'Nest' })
    class NestView {
      @Field.text({ max: 9, description: 'Where.' }) tree: string;
    }
    class NestList {
      @Field.text({ max: 9, description: 'Title.' }) title: string;
    }
    @Controller('a')
    class One {
      @Get()
      @Public()
      @Explain({ operationId: 'one', summary: 'One', ok: { list: NestView } })
      one(): object {
        return {};
      }

      @Get('other')
      @Public()
      @Explain({ operationId: 'other', summary: 'Other', ok: { type: NestList } })
      other(): object {
        return {};
      }
    }
    expect(await describing(One)).toThrow(
      'class NestList in libs/web/openapi.spec.ts and list of class NestView in libs/web/openapi.spec.ts both declare the schema NestList',
    );
  });

  it('has two choices of one name', async () => {
    class Song {
      @Field.oneOf(['loud', 'soft'], { name: 'Volume', description: 'How loud.' }) volume: string;
      @Field.oneOf(['1', '2'], { name: 'Volume', description: 'Which one.' }) part: string;
    }
    @Controller('a')
    class One {
      @Get()
      @Public()
      @Explain({ operationId: 'one', summary: 'One', ok: { type: Song } })
      one(): object {
        return {};
      }
    }
    expect(await describing(One)).toThrow(
      'choice of loud, soft in libs/web/openapi.spec.ts and choice of 1, 2 in libs/web/openapi.spec.ts both declare the schema Volume',
    );
  });

  it('rejects with an undefined code', async () => {
    @Controller('a')
    class Unknown {
      @Get()
      @Public()
      @Explain({ operationId: 'one', summary: 'One', rejects: [{ code: 'no.such' }] })
      one(): object {
        return {};
      }
    }
    expect(await describing(Unknown)).toThrow('GET /v1/a rejects with no.such, which is not defined');
  });

  it('has an operation in no group', async () => {
    @Controller('a')
    class Lonely {
      @Get()
      @Public()
      @Explain({ operationId: 'one', summary: 'One' })
      one(): object {
        return {};
      }
    }
    expect(await describing(Lonely)).toThrow('GET /v1/a is not in a group: add @ApiTags() to its controller');
  });

  it('has an operation in a group that nobody declares', async () => {
    @ApiTags('Nest')
    @Controller('a')
    class Misspelt {
      @Get()
      @Public()
      @Explain({ operationId: 'one', summary: 'One' })
      one(): object {
        return {};
      }
    }
    expect(await describing(Misspelt)).toThrow(
      'GET /v1/a has the tag Nest, which is not declared: add it under "tags" in its <name>.context.ts',
    );
  });
});
