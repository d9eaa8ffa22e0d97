import { Injectable } from '@nestjs/common';
import type { AggregateState } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Bell } from '../model/bell';

export const bellSchema = new EntitySchema<AggregateState>({
  name: 'Bell',
  schema: 'probe',
  tableName: 'bells',
  columns: { id: { type: 'uuid', primary: true }, version: { type: 'int' } },
});

@Injectable()
export class Bells extends Repository<AggregateState, Bell> {
  protected readonly storedAs: StoredAs<AggregateState, Bell> = {
    schema: bellSchema,
    restore: (state) => new Bell(state),
  };
}
