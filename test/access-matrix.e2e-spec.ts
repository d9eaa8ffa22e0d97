import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { contexts } from '@rookery/contexts';
import { enroll } from '@rookery/contexts/identity/testing';
import { type Person, resolveParts } from '@rookery/testing';
import {
  type Caller,
  CALLERS,
  type Expected,
  type Given,
  type Row,
  STANDINGS,
} from '@rookery/testing/access';
import { contextOf } from '@rookery/testing/context';
import { ownSystem } from '@rookery/testing/own-system';
import { Explain, Public, RequirePermission, UuidParam } from '@rookery/web';
import { accessMatrix, UNDESCRIBED } from './access-matrix';
import { exampleOf, type Schema } from './support/example-of';
import { type Description, type Operation, operationsOf } from './support/operations';

interface Answer {
  status: number;
  /** The code of a problem; undefined for any other response. */
  code: string | undefined;
}

/** What this suite must detect: an undeclared operation, and rows that the API violates. */
@ApiTags('planted')
@Controller('planted')
class PlantedRoutes {
  @Get('undeclared')
  @Explain({ operationId: 'plantedUndeclared', summary: 'In no matrix' })
  undeclared(): void {}

  @Public()
  @Get('open')
  @Explain({ operationId: 'plantedOpen', summary: 'Somebody forgot to close it' })
  open(): void {}

  @Get(':id/others')
  @Explain({ operationId: 'plantedOthers', summary: 'Somebody forgot to ask whose it is' })
  others(@UuidParam() _id: string): void {}

  @RequirePermission('posts:update:any')
  @Get('permission')
  @Explain({ operationId: 'plantedPermission', summary: 'Somebody asked for the wrong permission' })
  permission(): void {}

  @Get('broken')
  @Explain({ operationId: 'plantedBroken', summary: 'Fails' })
  broken(): void {
    throw new Error('planted');
  }
}

const matrix = accessMatrix();
const STANDING_ROLES = Object.fromEntries(STANDINGS.map((name) => [name, 'user']));
const planted = contextOf('planted', { controllers: [PlantedRoutes] });

describe('the access matrix', () => {
  const system = ownSystem([...contexts, planted], { RATE_LIMIT_ENABLED: 'false' });
  let schemas: Record<string, Schema>;
  let operations: Map<string, Operation>;

  beforeAll(async () => {
    const { body } = await system.ask('GET /v1/openapi.json');
    const description: Description = resolveParts(body);
    schemas = description.components.schemas;
    operations = new Map(operationsOf(description).map((operation) => [operation.id, operation]));
  });

  /** @returns the differences between matrix and API, as messages. */
  function differences(rows: Record<string, Row>, ids: string[]): string[] {
    return [
      ...ids
        .filter((id) => !(id in rows))
        .map((id) => `${id} is not in the matrix: add its row to access.ts in the folder of its feature`),
      ...Object.keys(rows)
        .filter((id) => !ids.includes(id))
        .map((id) => `${id} is not in the API: take its row out`),
    ];
  }

  /** Calls as each caller. @returns the responses that differ from the row, as messages. */
  async function violations(id: string, row: Row): Promise<string[]> {
    const people = await enrolled({ other: 'user', moderator: 'moderator', admin: 'admin', owner: 'user' });
    const standings = await enrolled(row.standings ? STANDING_ROLES : {});
    const found: string[] = [];
    const callers: [string, Person | undefined, Expected][] = [
      ...CALLERS.map((name) => [name, people[name], row[name]] as (typeof callers)[number]),
      ...STANDINGS.map((name) => [name, standings[name], row.standings?.[name]] as (typeof callers)[number]),
    ].filter(([, , expected]) => expected !== undefined);
    for (const [name, caller, expected] of callers) {
      const given = (await row.given?.({ system, people, standings })) ?? {};
      const answer = await send(operations.get(id)!, given, caller);
      if (!isAsExpected(answer, expected, row)) {
        found.push(`${id} as ${name}: expected ${expected}, got ${answer.status} ${answer.code ?? ''}`);
      }
    }
    return found;
  }

  /** @returns an account for each name, with its role */
  async function enrolled(roles: Record<string, string>): Promise<Record<string, Person>> {
    const cast = Object.entries(roles).map(
      async ([name, role]) => [name, await enroll(system, { role })] as const,
    );
    return Object.fromEntries(await Promise.all(cast));
  }

  async function send(operation: Operation, given: Given, caller: Person | undefined): Promise<Answer> {
    const { method, path, parameters, body } = operation;
    const needed = (place: string) =>
      parameters.filter(({ in: where, required }) => where === place && required === true);
    const query = {
      ...Object.fromEntries(
        needed('query').map(({ name, schema }) => [name, String(exampleOf(schema, schemas))]),
      ),
      ...given.query,
    };
    const payload = given.body ?? (body && exampleOf(body, schemas));
    const response = await system.api.inject({
      method: method.toUpperCase() as 'GET',
      url: path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(partOf(operation, given, name)),
      ),
      query,
      headers: {
        ...(needed('header').some(({ name }) => name === 'If-Match') && { 'if-match': '*' }),
        ...(caller && { authorization: `Bearer ${caller.token}` }),
        ...given.headers,
      },
      ...(payload !== undefined && { payload: payload as object }),
      payloadAsStream: true, // do not wait for an endless stream
    });
    return { status: response.statusCode, code: await codeOf(response) };
  }

  describe('is complete', () => {
    it('has a row for every operation, and no row for another', () => {
      const ids = [...operations.keys()].filter((id) => !id.startsWith('planted'));
      expect(differences(matrix, ids)).toEqual([]);
    });

    it('detects an undeclared operation, and a missing one', () => {
      const { getMe: _, ...rest } = matrix;
      const ids = [...operations.keys()];
      expect(differences(matrix, ids)).toContainEqual(
        expect.stringContaining('plantedUndeclared is not in the matrix'),
      );
      expect(differences(rest, ids)).toContain(
        'getMe is not in the matrix: add its row to access.ts in the folder of its feature',
      );
      expect(differences({ ...matrix, getGhost: matrix.getMe! }, ids)).toEqual(
        expect.arrayContaining(['getGhost is not in the API: take its row out']),
      );
    });

    it('has the responses for everybody who has to do with a workspace, for all that is in one', () => {
      const inWorkspaces = [...operations.values()].filter(({ path }) =>
        /^\/v1\/(?:workspaces|todos)\/\{/.test(path),
      );
      expect(inWorkspaces.length).toBeGreaterThan(30);
      const incomplete = inWorkspaces.filter(({ id }) =>
        STANDINGS.some((standing) => matrix[id]?.standings?.[standing] === undefined),
      );
      expect(incomplete.map(({ id }) => id)).toEqual([]);
    });

    it('knows every controller that the description leaves out', () => {
      const left = contexts
        .flatMap(({ controllers }) => controllers)
        .filter((controller) => leavesOut(controller))
        .map(({ name }) => name);
      expect(left).toEqual(UNDESCRIBED);
    });
  });

  describe('is kept', () => {
    it.each(Object.keys(matrix))('by %s', async (id) => {
      expect(await violations(id, matrix[id]!)).toEqual([]);
    });
  });

  describe('notices', () => {
    const signedIn = matrix.getMe!;
    const adminOnly: Row = { ...matrix.setUserRole!, given: () => ({}) };

    it('an operation that is open by mistake', async () => {
      expect(await violations('plantedOpen', signedIn)).toEqual([
        'plantedOpen as nobody: expected 401, got 200 ',
      ]);
    });

    it('an operation that asks for no permission, or for another one', async () => {
      const open = await violations('plantedUndeclared', adminOnly);
      expect(open.map((each) => each.split(':')[0])).toEqual([
        'plantedUndeclared as other',
        'plantedUndeclared as moderator',
        'plantedUndeclared as owner',
      ]);
      const wrong = await violations('plantedPermission', adminOnly);
      expect(wrong).toEqual(['plantedPermission as moderator: expected 403, got 200 ']);
    });

    it('an operation that shows a resource to others', async () => {
      const row = { ...matrix.revokeSession! };
      const shown = await violations('plantedOthers', row);
      expect(shown.map((each) => each.split(':')[0])).toEqual([
        'plantedOthers as other',
        'plantedOthers as moderator',
        'plantedOthers as admin',
      ]);
    });

    it('an operation that shows what members share to those who are none', async () => {
      const shown = await violations('plantedOthers', matrix.getWorkspace!);
      expect(shown.map((each) => each.split(':')[0])).toEqual([
        'plantedOthers as other',
        'plantedOthers as moderator',
        'plantedOthers as admin',
        'plantedOthers as former',
        'plantedOthers as blocked',
      ]);
    });

    it('an operation that fails', async () => {
      expect(await violations('plantedBroken', signedIn)).toHaveLength(4);
    });
  });
});

function partOf({ id }: Operation, { path = {} }: Given, name: string): string {
  const value = path[name];
  if (value === undefined) throw new Error(`The row of ${id} has to give the part {${name}} of its path.`);
  return value;
}

/**
 * An allowed caller must reach the operation: the web layer must not reject the request, and if the row hides the
 * resource from some callers, the others must find it.
 */
function isAsExpected({ status, code = '' }: Answer, expected: Expected, row: Row): boolean {
  if (expected === 401) return status === 401 && code === 'auth.unauthenticated';
  if (expected !== 'allowed') return status === expected;
  const hidden = CALLERS.some((caller: Caller) => row[caller] === 404);
  const refused = code.startsWith('auth.') || code.startsWith('request.') || (hidden && status === 404);
  return !refused && status < 500;
}

async function codeOf({
  headers,
  stream,
}: {
  headers: Record<string, unknown>;
  stream: () => NodeJS.ReadableStream & { destroy(): void };
}): Promise<string | undefined> {
  const body = stream();
  if (!String(headers['content-type']).includes('problem+json')) {
    body.destroy();
    return undefined;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return (JSON.parse(Buffer.concat(chunks).toString('utf8')) as { code: string }).code;
}

/** Whether a controller, or one of its routes, has `@ApiExcludeController()` or `@ApiExcludeEndpoint()`. */
function leavesOut(controller: { prototype: object }): boolean {
  const routes = Object.values(Object.getOwnPropertyDescriptors(controller.prototype));
  return (
    Reflect.hasMetadata('swagger/apiExcludeController', controller) ||
    routes.some(
      ({ value }) => typeof value === 'function' && Reflect.hasMetadata('swagger/apiExcludeEndpoint', value),
    )
  );
}
