import { Injectable } from '@nestjs/common';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Decoy, type DecoyState } from '../model/decoy';
import { UsernameTaken } from '../model/rejections';

export const decoySchema = new EntitySchema<DecoyState>({
  name: 'Decoy',
  schema: 'identity',
  tableName: 'decoys',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    email: { type: 'text' },
    username: { type: 'text' },
    name: { type: 'text' },
    passwordHash: { type: 'text', name: 'password_hash' },
    userId: { type: 'uuid', name: 'user_id' },
    expiresAt: { type: 'timestamptz', name: 'expires_at' },
    mailedAt: { type: 'timestamptz', name: 'mailed_at' },
  },
});

/** The registrations with addresses that have an account. */
@Injectable()
export class Decoys extends Repository<DecoyState, Decoy> {
  protected readonly storedAs: StoredAs<DecoyState, Decoy> = {
    schema: decoySchema,
    restore: (state) => new Decoy(state),
    unique: { decoys_username_key: UsernameTaken },
  };

  /** Deletes decoys of canceled registrations. */
  async removeAll(ids: readonly string[]): Promise<void> {
    await this.sql.execute('DELETE FROM identity.decoys WHERE id = ANY ($1::uuid[])', [ids]);
  }
}
