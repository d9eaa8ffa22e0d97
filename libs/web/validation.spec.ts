import { ExactlyOneOf, Field } from '.';
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
        const message = 'Exactly one of key, password must be there.';
        expect(options).toEqual({ detail: message, errors: [{ path: '', code: 'one-of', message }] });
      }
    },
  );
});
