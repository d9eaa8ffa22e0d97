import { Injectable } from '@nestjs/common';
import { Command } from '@nestjs/cqrs';
import type { Relationship } from '../model/relationship';
import { People } from '../storage/people';
import { Relationships } from '../storage/relationships';
import { Visibility } from '../storage/visibility';

/** A user wants something of another, or does not want it any more. */
export abstract class RelationshipCommand extends Command<void> {
  constructor(
    readonly userId: string,
    readonly otherId: string,
  ) {
    super();
  }
}

/** What the wishes of users about each other have in common, whether they want to follow, to block or to mute. */
@Injectable()
export class RelationshipCommands {
  constructor(
    private readonly people: People,
    private readonly relationships: Relationships,
    private readonly visibility: Visibility,
  ) {}

  /**
   * @param change what the user wants; returns whether that is new
   * @throws Rejection `social.self`; `resource.not-found` when the other does not exist for the user; what `change` throws
   */
  async begin(
    { userId, otherId }: RelationshipCommand,
    change: (relationship: Relationship) => boolean,
  ): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    await this.people.ensure(userId, otherId);
    await this.visibility.verifyProfile(userId, otherId);
    if (change(relationship)) await this.relationships.save(relationship);
  }

  /**
   * Nobody keeps a wish because the other has gone or hides: only where there is nothing to undo is the other looked for.
   *
   * @param change what the user does not want any more; returns whether it wanted it
   * @throws Rejection `social.self`; `resource.not-found` when the user wanted nothing of somebody who does not exist for it
   */
  async end(
    { userId, otherId }: RelationshipCommand,
    change: (relationship: Relationship) => boolean,
  ): Promise<void> {
    const relationship = await this.relationships.lockBetween(userId, otherId);
    if (change(relationship)) return this.relationships.save(relationship);
    await this.people.verify(otherId);
    await this.visibility.verifyProfile(userId, otherId);
  }
}
