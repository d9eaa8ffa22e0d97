import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, FieldError, Rejection, Rules, Unauthenticated } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Fresh, Item, NeverStored } from '@rookery/web';
import { ApiKeys } from '../../services/api-keys';
import { AccountGone, ExpiryOutOfRange, ScopeNotHeld, TooManyApiKeys } from '../../model/rejections';
import { IdentitySettings } from '../../settings';
import { Sessions } from '../../storage/sessions';
import { Users } from '../../storage/users';

const YEAR_MS = 365 * 86_400_000;
/** Scopes of a key that are not permissions. */
const OWN_SCOPES = new Set(['read', 'write']);

class ApiKeyCreate {
  @Field.name({ max: 100, description: 'Purpose of the key.', example: 'Nightly export' })
  name: string;

  @Field.list(Item.scope(), {
    min: 1,
    max: 20,
    unique: true,
    description:
      'What the key can do: `read` (GET and HEAD), `write` (all other methods), and permissions of your role.',
    example: ['read'],
  })
  scopes: string[];

  @Field.dateTime({
    optional: true,
    description: 'When the key expires, at most a year from now. Default: a year from now.',
  })
  expiresAt?: string;
}

class CreatedApiKey {
  @Field.uuid({ description: 'Id of the key.' })
  id: string;

  @Field.text({ max: 100, description: 'Purpose of the key.', example: 'Nightly export' })
  name: string;

  @Field.text({
    max: 40,
    description: 'First characters of the key.',
    example: 'rk_0198c1d07a1c7f00a5d3e1c2b3a49587',
  })
  prefix: string;

  @Field.list(Item.scope(), { max: 20, description: 'What the key can do.', example: ['read'] })
  scopes: string[];

  @Field.dateTime({ description: 'When it expires.' })
  expiresAt: Date;

  @Field.text({ max: 100, description: 'The key. Send it as a bearer token. It is shown only once.' })
  key: string;
}

@Audited('identity.create-api-key')
export class CreateApiKey extends Command<CreatedApiKey> {
  constructor(
    readonly userId: string,
    /** In which it is created; null for tokens of other issuers. */
    readonly sessionId: string | null,
    readonly permissions: ReadonlySet<string>,
    readonly draft: ApiKeyCreate,
  ) {
    super();
  }
}

@ApiTags('API keys')
@Controller('me/api-keys')
export class CreateApiKeyRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @Post()
  @NeverStored()
  @Explain({
    operationId: 'createApiKey',
    summary: 'Create an API key',
    description:
      'A key acts for its owner, limited to its scopes and the current permissions of its owner. It never counts as a fresh sign-in. The owner gets a mail about the new key. A key becomes invalid when it expires or is revoked, when the password is reset with a link, and when an administrator ends the sessions of the user.',
    ok: { status: 201, type: CreatedApiKey },
    rejects: [AccountGone, ScopeNotHeld, ExpiryOutOfRange, TooManyApiKeys],
  })
  create(@Body() draft: ApiKeyCreate, @CurrentCaller() caller: Caller): Promise<CreatedApiKey> {
    const { userId, sessionId, permissions } = caller;
    return this.commands.execute(new CreateApiKey(userId, sessionId, permissions, draft));
  }
}

@CommandHandler(CreateApiKey)
export class CreateApiKeyHandler implements ICommandHandler<CreateApiKey> {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly clock: Clock,
    private readonly sessions: Sessions,
    private readonly settings: IdentitySettings,
    private readonly users: Users,
  ) {}

  async execute({
    userId,
    sessionId,
    permissions,
    draft: { name, scopes, expiresAt },
  }: CreateApiKey): Promise<CreatedApiKey> {
    if (!scopes.every((scope) => OWN_SCOPES.has(scope) || permissions.has(scope)))
      throw new Rejection(ScopeNotHeld);
    const now = this.clock.now().getTime();
    const end = expiresAt === undefined ? new Date(now + YEAR_MS) : new Date(expiresAt);
    if (end.getTime() <= now || end.getTime() > now + YEAR_MS) throw outOfRange(now);
    await this.users.lockOwn(userId);
    // A token is accepted for a few seconds after its session has ended. Whatever ends the session must also prevent
    // this key.
    if (sessionId && !(await this.sessions.alive(sessionId))) throw new Rejection(Unauthenticated);
    if ((await this.apiKeys.countOf(userId)) >= this.settings.maxApiKeys) throw new Rejection(TooManyApiKeys);
    const created = await this.apiKeys.create({ userId, sessionId, name, scopes, expiresAt: end });
    return { ...created, name, scopes, expiresAt: end };
  }
}

function outOfRange(now: number): Rejection {
  const params = { min: new Date(now).toISOString(), max: new Date(now + YEAR_MS).toISOString() };
  const error = FieldError.of(Rules.range, 'expiresAt', params, ExpiryOutOfRange.message);
  return new Rejection(ExpiryOutOfRange, { errors: [error] });
}
