import { Command } from '@nestjs/cqrs';
import { Audited, auditedAction, recordedOf } from './audited';

@Audited('suite.rename-pet')
class RenamePet extends Command<void> {
  constructor(
    readonly petId: string,
    readonly times: number,
    readonly owner: { email: string },
    readonly password: string,
    readonly refreshToken: string,
    readonly ownerEmail: string,
  ) {
    super();
  }
}

const rename = () =>
  new RenamePet('p'.repeat(300), 2, { email: 'a@example.com' }, 'secret', 'rt_1', 'a@example.com');

describe('The recorded fields of a command', () => {
  it('records no field by default', () => {
    expect(recordedOf(rename(), auditedAction(RenamePet).options.record)).toEqual({});
  });

  it('are those that the command names: scalars of limited length, never whole objects', () => {
    expect(recordedOf(rename(), ['petId', 'times', 'owner'])).toEqual({
      petId: 'p'.repeat(200),
      times: 2,
      owner: null,
    });
  });

  it.each(['password', 'refreshToken', 'ownerEmail'] as const)('is never a field named %s', (name) => {
    expect(() => Audited<RenamePet>('suite.rename-pet', { record: [name] })).toThrow(name);
  });
});

describe('The name of a command', () => {
  class Adopt {}
  class AdoptTwo extends Adopt {}
  Audited('suite.adopt', { formerly: ['suite.take-in'] })(Adopt);

  it('is what is declared, whatever the class is called', () => {
    expect(auditedAction(Adopt)).toMatchObject({ name: 'suite.adopt', formerly: ['suite.take-in'] });
  });

  it('has to be declared, and is not inherited', () => {
    expect(() => auditedAction(AdoptTwo)).toThrow('AdoptTwo has no durable name: put @Audited(');
  });
});
