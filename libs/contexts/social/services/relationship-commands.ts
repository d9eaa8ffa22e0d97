import { Injectable } from '@nestjs/common';
import { Command } from '@nestjs/cqrs';
import type { Relationship } from '../model/relationship';
import { People } from '../storage/people';
import { Relationships } from '../storage/relationships';
import { Visibility } from '../storage/visibility';

/** Starts or ends a relationship of one user to another. */
export abstract class RelationshipCommand extends Command<void> {
  constructor(
    readonly userId: string,
    readonly otherId: string,
  ) {
    super();
  }
}

/** The common part of following, blocking and muting. */
@Injectable()
export class RelationshipCommands {
  constructor(
    private readonly people: People,
    private readonly relationships: Relationships,
    private readonly visibility: Visibility,
  ) {}

  /**
   * @param change applies the command; returns whether the relationship has changed
   * @throws Rejection `social.self`; `resource.not-found` if the other does not exist for the user; what `change`
   *   throws
   */
  async begin(
    { userId, otherId }: RelationshipCommand,
    change: (relationship: Relationship) => boolean | Promise<boolean>,
  ): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    await this.people.ensure(userId, otherId);
    await this.visibility.verifyProfile(userId, otherId);
    if (await change(relationship)) await this.relationships.save(relationship);
  }

  /**
   * A relationship can always be ended, even if the other user is deleted or hidden, and ending it again is not an
   * error. The other user is looked up only if there never was a relationship, so this reveals no more than reading
   * their profile.
   *
   * @param change applies the command; returns whether the relationship has changed
   * @throws Rejection `social.self`; `resource.not-found` if there never was one with somebody who does not exist
   *   for the user
   */
  async end(
    { userId, otherId }: RelationshipCommand,
    change: (relationship: Relationship) => boolean,
  ): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    if (change(relationship)) return this.relationships.save(relationship);
    if (relationship.storedVersion > 0) return;
    await this.people.verify(otherId);
    await this.visibility.verifyProfile(userId, otherId);
  }
}
