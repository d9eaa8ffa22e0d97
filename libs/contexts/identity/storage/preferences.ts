import { Injectable } from '@nestjs/common';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Preferences, type PreferencesState } from '../model/preferences';

export const preferencesSchema = new EntitySchema<PreferencesState>({
  name: 'Preferences',
  schema: 'identity',
  tableName: 'preferences',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    userId: { type: 'uuid', name: 'user_id' },
    interests: { type: 'text', array: true },
    tone: { type: 'text' },
    length: { type: 'text' },
    language: { type: 'text' },
    timeZone: { type: 'text', name: 'time_zone' },
    updatedAt: { type: 'timestamptz', name: 'updated_at' },
  },
});

/** Reading preferences of users. */
@Injectable()
export class StoredPreferences extends Repository<PreferencesState, Preferences> {
  protected readonly storedAs: StoredAs<PreferencesState, Preferences> = {
    schema: preferencesSchema,
    restore: (state) => new Preferences(state),
  };
}
