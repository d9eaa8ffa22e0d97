import type { AggregateState } from '@rookery/domain';
import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata';

/** Conditions: fields of a state and their required values. Null matches nothing. */
export type Where<State> = Partial<State>;

/**
 * The SQL statements for one kind of aggregate, built once from its TypeORM mapping. The query builder of TypeORM would
 * build the same text for each call, and PostgreSQL would parse it again.
 */
export class AggregateTable<State extends AggregateState> {
  /** Stores the state of {@link values}. */
  readonly insert: string;
  /** Replaces the state; takes {@link values} and then the expected version. */
  readonly update: string;
  /** Removes the state with an id and a version. */
  readonly remove: string;
  /** Stores the states of {@link records}. */
  readonly insertAll: string;
  /** Replaces the states; takes {@link records} and then their ids and expected versions. */
  readonly updateAll: string;
  private readonly name: string;
  private readonly columns: readonly ColumnMetadata[];
  private readonly selects = new Map<string, string>();

  constructor(private readonly metadata: EntityMetadata) {
    this.columns = metadata.columns;
    this.name = metadata.tablePath.split('.').map(quoted).join('.');
    const names = this.columns.map(({ databaseName }) => quoted(databaseName));
    const places = names.map((_, index) => `$${index + 1}`);
    const id = quoted(this.column('id').databaseName);
    const version = quoted(this.column('version').databaseName);
    const idPlace = places[this.columns.indexOf(this.column('id'))];
    this.insert = `INSERT INTO ${this.name} (${names.join(', ')}) VALUES (${places.join(', ')})`;
    this.update = `UPDATE ${this.name} SET ${names.map((name, index) => `${name} = ${places[index]}`).join(', ')}
      WHERE ${id} = ${idPlace} AND ${version} = $${names.length + 1}`;
    const row = `jsonb_populate_recordset(NULL::${this.name}, $1::jsonb)`;
    this.insertAll = `INSERT INTO ${this.name} (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${row}`;
    this.updateAll = `UPDATE ${this.name} stored SET ${names.map((name) => `${name} = given.${name}`).join(', ')}
      FROM ${row} given JOIN unnest($2::uuid[], $3::int[]) AS expected (id, version) ON expected.id = given.${id}
      WHERE stored.${id} = expected.id AND stored.${version} = expected.version`;
    this.remove = `DELETE FROM ${this.name} WHERE ${id} = $1 AND ${version} = $2`;
  }

  /** @returns the parameters of {@link insert} and {@link update} */
  values(state: State): unknown[] {
    const { driver } = this.metadata.connection;
    return this.columns.map((column): unknown =>
      driver.preparePersistentValue(column.getEntityValue(state), column),
    );
  }

  /** @returns the first parameter of {@link insertAll} and {@link updateAll}: all states as one text */
  records(states: readonly State[]): string {
    return JSON.stringify(
      states.map((state) => {
        const values = this.values(state);
        return Object.fromEntries(
          this.columns.map(({ databaseName, type }, index) => [databaseName, jsonOf(type, values[index])]),
        );
      }),
    );
  }

  /**
   * @param where additional values that all of them must have
   * @param locked whether the rows that are found are locked until the transaction ends
   * @returns a statement that takes a list of ids, then the values of `where`
   */
  selectAll(where: Where<State>, locked: boolean): string {
    const fields = Object.keys(where);
    const conditions = fields.map(
      (field, index) => ` AND ${quoted(this.column(field).databaseName)} = $${index + 2}`,
    );
    const id = quoted(this.column('id').databaseName);
    return `SELECT ${this.shown()} FROM ${this.name} WHERE ${id} = ANY ($1::uuid[])${conditions.join('')}
      ORDER BY ${id}${locked ? ' FOR NO KEY UPDATE' : ''}`;
  }

  /**
   * @param locked whether the rows that are found are locked until the transaction ends
   * @returns a statement that takes the values of `where`
   */
  select(where: Where<State>, locked: boolean): string {
    const fields = Object.keys(where);
    const key = `${fields.join()} ${locked}`;
    let text = this.selects.get(key);
    if (text === undefined) {
      const conditions = fields.map(
        (field, index) => `${quoted(this.column(field).databaseName)} = $${index + 1}`,
      );
      text = `SELECT ${this.shown()} FROM ${this.name} WHERE ${conditions.join(' AND ')} LIMIT 1`;
      if (locked) text += ' FOR NO KEY UPDATE';
      this.selects.set(key, text);
    }
    return text;
  }

  /** @returns the state in a row returned by {@link select} */
  stateOf(row: Record<string, unknown>): State {
    const { driver } = this.metadata.connection;
    return Object.fromEntries(
      this.columns.map((column) => [
        column.propertyName,
        driver.prepareHydratedValue(row[column.propertyName], column) as unknown,
      ]),
    ) as unknown as State;
  }

  private shown(): string {
    return this.columns
      .map(({ databaseName, propertyName }) => `${quoted(databaseName)} AS ${quoted(propertyName)}`)
      .join(', ');
  }

  private column(field: string): ColumnMetadata {
    const column = this.columns.find(({ propertyName }) => propertyName === field);
    if (!column) throw new Error(`${this.metadata.name} has no field ${field}.`);
    return column;
  }
}

/** @returns a stored value in its JSON form */
function jsonOf(type: ColumnMetadata['type'], value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return (type === 'jsonb' || type === 'json') && typeof value === 'string' ? JSON.parse(value) : value;
}

function quoted(name: string): string {
  return `"${name}"`;
}
