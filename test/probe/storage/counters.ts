import { Injectable } from '@nestjs/common';
import { Conflict } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Counter, type CounterState } from '../model/counter';

export const counterSchema = new EntitySchema<CounterState>({
  name: 'Counter',
  schema: 'probe',
  tableName: 'counters',
  columns: { id: { type: 'uuid', primary: true }, version: { type: 'int' }, count: { type: 'int' } },
});

@Injectable()
export class Counters extends Repository<CounterState, Counter> {
  protected readonly storedAs: StoredAs<CounterState, Counter> = {
    schema: counterSchema,
    restore: (state) => new Counter(state),
    unique: { counters_pkey: Conflict },
  };
}
