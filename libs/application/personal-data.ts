import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/** Some rows about somebody, all of one kind: `['sessions', […]]`. */
export type ExportedPage = readonly [section: string, rows: readonly object[]];

/** How many rows of what were erased: `{ posts: 12 }`. */
export type ErasedCounts = Readonly<Record<string, number>>;

/** What a context holds about people; part of its declaration. */
export interface PersonalData {
  /**
   * Reads everything the context holds about somebody, in pages, so that none needs much memory. Neither secrets nor
   * hashes of them: what is exported is handed out.
   */
  export(userId: string): AsyncIterable<ExportedPage>;
  /**
   * Hides what the context shows of somebody, in the transaction in which the account is deleted: what comes by event
   * comes a moment late. Left out where nothing is shown, or where the account itself is asked.
   */
  hide?(userId: string): Promise<void>;
  /**
   * Erases some of what the context holds about somebody, in the present transaction. It is called again, each time in
   * a transaction of its own, until it erases nothing; somebody it knows nothing of is no error.
   *
   * @param limit most rows of a kind to erase in one go
   * @returns what was erased; nothing above zero when there is nothing left
   */
  erase(userId: string, limit: number): Promise<ErasedCounts>;
}

/** A context that holds something about people. */
export interface Holder {
  name: string;
  data: PersonalData;
}

/** What all contexts hold about people. */
export class PersonalDataOfAll {
  constructor(
    private readonly contexts: readonly { name: string; personalData: Type<PersonalData> | undefined }[],
    private readonly moduleRef: ModuleRef,
  ) {}

  /** @returns who holds something, those first that build on others: the accounts themselves come last. */
  holders(): Holder[] {
    return this.contexts
      .flatMap(({ name, personalData }) =>
        personalData
          ? [{ name, data: this.moduleRef.get<PersonalData>(personalData, { strict: false }) }]
          : [],
      )
      .toReversed();
  }
}
