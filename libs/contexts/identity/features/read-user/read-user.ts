import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Cache, Cached, Queries } from '@rookery/application';
import { type EventEnvelope, NotFound, Rejection } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { type Caller, CurrentCaller, Explain, UuidParam, Versioned } from '@rookery/web';
import { UserView } from '../../views/user';
import { Avatars } from '../../contract/avatars';
import { Profiles } from '../../contract/profiles';
import { RegistrationCancelled, RoleChanged, UserRegistered, UserVerified } from '../../contract/events';
import {
  EmailChanged,
  EmailChangeRequested,
  EmailChangeUndone,
  ExternalIdentityLinked,
  MfaDisabled,
  MfaEnabled,
  PasswordChanged,
  PasswordResetRequested,
  profileEvents,
  VerificationRequested,
} from '../../events';
import { type PublicUserRow, PublicUsers, userEntry } from '../../storage/public-users';

export class ReadUser extends Query<UserView> {
  constructor(
    readonly userId: string,
    readonly viewerId: string,
  ) {
    super();
  }
}

/** The part that is the same for everybody who can see it, so it is cached. */
export class ReadProfile extends Query<PublicUserRow> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Users')
@Controller('users')
export class ReadUserRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id')
  @Versioned()
  @Explain({
    operationId: 'getUser',
    summary: 'Read a user',
    description:
      'Names can be out of date for a moment: they are cached for a minute, and updated after changes. Counts are updated within moments. `relation` is always current.',
    ok: {
      type: UserView,
      headers: { 'X-Cache': 'HIT if the account came from the cache, otherwise MISS.' },
    },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<UserView> {
    return this.queries.execute(new ReadUser(id, userId));
  }
}

@QueryHandler(ReadUser)
export class ReadUserHandler implements IQueryHandler<ReadUser> {
  constructor(
    private readonly avatars: Avatars,
    private readonly queries: Queries,
    private readonly profiles: Profiles,
  ) {}

  async execute({ userId, viewerId }: ReadUser): Promise<UserView> {
    const details = (await this.profiles.detailsOf([userId], viewerId)).get(userId);
    if (!details) throw new Rejection(NotFound);
    // Links expire, so they are created after the cache lookup.
    const [user] = await this.avatars.complete([await this.queries.execute(new ReadProfile(userId))]);
    return { ...user!, ...details };
  }
}

@Cached<ReadProfile>({ key: ({ userId }) => userEntry(userId), seconds: 60 })
@QueryHandler(ReadProfile)
export class ReadProfileHandler implements IQueryHandler<ReadProfile> {
  constructor(private readonly users: PublicUsers) {}

  async execute({ userId }: ReadProfile): Promise<PublicUserRow> {
    const user = await this.users.find(userId);
    if (!user) throw new Rejection(NotFound);
    return user;
  }
}

/** Deletes a user's cache entry after a change of the profile. */
@Subscriber('identity.forget-user', profileEvents, {
  queue: Queues.caches,
  retired: [
    EmailChanged,
    EmailChangeRequested,
    EmailChangeUndone,
    ExternalIdentityLinked,
    MfaDisabled,
    MfaEnabled,
    PasswordChanged,
    PasswordResetRequested,
    RegistrationCancelled,
    RoleChanged,
    UserRegistered,
    UserVerified,
    VerificationRequested,
  ],
})
export class ForgetUser implements Handles<(typeof profileEvents)[number]> {
  constructor(private readonly cache: Cache) {}

  async handle({ subject }: EventEnvelope): Promise<void> {
    await this.cache.forget(userEntry(subject));
  }
}
