import { IsOptional, MinLength } from 'class-validator';
import { ExactlyOneOf, Field, Item } from '.';
import { RequestRefused } from './problem';
import { RequestValidation } from './validation';

@ExactlyOneOf('key', 'password')
class DoorRequest {
  @Field.text({ max: 20, optional: true, description: 'What fits.' }) key?: string;
  @Field.text({ max: 20, optional: true, description: 'What is said.' }) password?: string;
  @Field.text({ max: 20, optional: true, description: 'Which door.' }) door?: string;
}

class SideDoorRequest extends DoorRequest {}

describe('a body with exactly one of some fields', () => {
  const open = (body: object, metatype: new () => object = DoorRequest) =>
    new RequestValidation().transform(body, { type: 'body', metatype });

  it.each([{ key: 'k' }, { password: 'p', door: 'left' }])('may have any of them: %p', async (body) => {
    expect(await open(body)).toEqual(body);
  });

  it.each([{}, { door: 'left' }, { key: 'k', password: 'p' }])(
    'is refused with another number: %p',
    async (body) => {
      for (const type of [DoorRequest, SideDoorRequest]) {
        const error = await open(body, type).catch((refusal: unknown) => refusal);
        expect(error).toBeInstanceOf(RequestRefused);
        const { definition, options } = error as RequestRefused;
        expect(definition.code).toBe('request.invalid');
        const message = 'Exactly one of key, password is required.';
        const params = { fields: ['key', 'password'] };
        expect(options).toEqual({ detail: message, errors: [{ path: '', code: 'one-of', params, message }] });
      }
    },
  );
});

describe('a field with a decorator of class-validator besides its own', () => {
  class Lock {
    @MinLength(3)
    @Field.text({ max: 20, description: 'What opens it.' })
    key: string;

    @IsOptional()
    @Field.text({ max: 20, description: 'What is engraved.' })
    mark?: string;
  }

  class Chest {
    @Field.list(Item.object(() => Lock), { max: 3, description: 'What it is shut with.' })
    locks: Lock[];
  }

  const read = (body: object, metatype: new () => object) =>
    new RequestValidation().transform(body, { type: 'body', metatype });
  const pathsOf = async (body: object, metatype: new () => object) => {
    const error = await read(body, metatype).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(RequestRefused);
    return (error as RequestRefused).options.errors?.map(({ path }) => path);
  };

  it('says which of its rules is violated', async () => {
    const error = await read({ key: 'ab' }, Lock).catch((refusal: unknown) => refusal);
    expect((error as RequestRefused).options.errors).toEqual([
      expect.objectContaining({ path: 'key', code: 'custom', params: { rule: 'minLength' } }),
    ]);
  });

  it('keeps the rules of both, also in an object of another class', async () => {
    expect(await pathsOf({ key: 'ab' }, Lock)).toEqual(['key']);
    expect(await pathsOf({ key: 'a key of more than 20 characters' }, Lock)).toEqual(['key']);
    expect(await pathsOf({ locks: [{ key: 'abc' }, { key: 'ab' }] }, Chest)).toEqual(['locks.1.key']);
    expect(await read({ locks: [{ key: 'abc' }] }, Chest)).toEqual({ locks: [{ key: 'abc' }] });
  });
});

describe('ids in a request', () => {
  class Line {
    @Field.uuid({ description: 'What is named.' }) id: string;
  }

  class Letter {
    @Field.uuid({ description: 'Who writes.' }) fromId: string;
    @Field.list(Item.uuid(), { max: 3, unique: true, description: 'Who reads.' }) toIds: string[];
    @Field.list(Item.object(() => Line), { max: 3, description: 'What it says.' }) lines: Line[];
  }

  const [id, upper] = ['01930000-0000-7000-8000-00000000abcd', '01930000-0000-7000-8000-00000000ABCD'];
  const read = async (body: object) =>
    new RequestValidation().transform(body, { type: 'body', metatype: Letter });

  it('are in lower case, so that they equal those that are stored', async () => {
    const body = { fromId: upper, toIds: [upper], lines: [{ id: upper }] };
    expect(await read(body)).toEqual({ fromId: id, toIds: [id], lines: [{ id }] });
  });

  it('are the same in another case', async () => {
    const error = await read({ fromId: id, toIds: [id, upper], lines: [] }).catch(
      (refusal: unknown) => refusal,
    );
    expect((error as RequestRefused).options.errors).toMatchObject([{ path: 'toIds' }]);
  });
});
