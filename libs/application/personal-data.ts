import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/** Rows about a user, all of one kind: `['sessions', […]]`. */
export type ExportedPage = readonly [section: string, rows: readonly object[]];

/** Number of erased rows by kind: `{ posts: 12 }`. */
export type ErasedCounts = Readonly<Record<string, number>>;

/** Personal data of a context; part of its declaration. */
export interface PersonalData {
  /**
   * Reads everything the context stores about a user, in pages to limit memory. No secrets and no hashes of secrets,
   * because the user downloads the export.
   */
  export(userId: string): AsyncIterable<ExportedPage>;
  /**
   * Hides the data of a user in the transaction that deletes the account, because an event would arrive a moment later.
   * Not needed if the context shows no data of users, or checks the account itself.
   */
  hide?(userId: string): Promise<void>;
  /**
   * Erases a batch of the data about a user, in the current transaction. It is called again, each time in a separate
   * transaction, until it erases nothing. An unknown user is not an error.
   *
   * @param limit maximum number of rows of a kind to erase per call
   * @returns number of erased rows; all zero if nothing is left
   */
  erase(userId: string, limit: number): Promise<ErasedCounts>;
}

/** A context, or a part of the platform, with personal data. */
export interface Holder {
  name: string;
  data: PersonalData;
}

/** Personal data of all contexts and of the platform. */
export class PersonalDataOfAll {
  private readonly platform: Holder[] = [];

  constructor(
    private readonly contexts: readonly { name: string; personalData: Type<PersonalData> | undefined }[],
    private readonly moduleRef: ModuleRef,
  ) {}

  /** Registers personal data of a part of the platform. */
  add(holder: Holder): void {
    this.platform.push(holder);
  }

  /** @returns everything with personal data, dependents first: the accounts themselves come last. */
  holders(): Holder[] {
    const contexts = this.contexts
      .flatMap(({ name, personalData }) =>
        personalData
          ? [{ name, data: this.moduleRef.get<PersonalData>(personalData, { strict: false }) }]
          : [],
      )
      .toReversed();
    return [...this.platform, ...contexts];
  }
}
