import { ECDH } from 'node:crypto';
import { Body, Controller, Delete, Get, Post } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  type ICommandHandler,
  type IQueryHandler,
  Query,
  QueryHandler,
} from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands, Queries } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, type EventOf, NotFound, Rejection } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import { OutboundFailure, OutboundHttp } from '@rookery/outbound-http';
import {
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  OutlivesSession,
  type Page,
  UuidParam,
} from '@rookery/web';
import { AccessReset, Accounts } from '../../../identity/contract';
import { PushEndpointBlocked, PushKeyInvalid } from '../../model/rejections';
import { Vapid } from '../../services/vapid';
import { type Device, PushSubscriptions } from '../../storage/push-subscriptions';

@ApiSchema({ name: 'PushKeys' })
class PushKeys {
  @Field.text({
    min: 87,
    max: 88,
    pattern: /^[\w-]+=?$/,
    description: 'Public key of the device, `p256dh` of its `PushSubscription`.',
    example: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  })
  p256dh: string;

  @Field.text({
    min: 22,
    max: 24,
    pattern: /^[\w-]+={0,2}$/,
    description: 'Secret of the device, `auth` of its `PushSubscription`.',
    example: 'BTBZMqHH6r4Tts7J_aSIgg',
  })
  auth: string;
}

@ApiSchema({ name: 'PushSubscriptionCreate' })
class PushSubscriptionCreate {
  @Field.text({
    max: 2_000,
    description: 'URL at the push service of the device.',
    example: 'https://push.example.com/device',
  })
  endpoint: string;

  @Field.object(() => PushKeys, { description: 'Keys of the device.' })
  keys: PushKeys;
}

@ApiSchema({ name: 'PushSubscription' })
class PushSubscriptionView {
  @Field.uuid({ description: 'Id of the subscription.' })
  id: string;

  @Field.text({ max: 255, description: 'Host of the push service.', example: 'fcm.googleapis.com' })
  service: string;

  @Field.dateTime({ description: 'When the device subscribed.' })
  createdAt: Date;
}

@ApiSchema({ name: 'PushKey' })
class PushKeyView {
  @Field.text({ max: 100, description: 'Value of `applicationServerKey` for subscribing a device.' })
  publicKey: string;
}

@ApiSchema({ name: 'PushSubscriptionId' })
class PushSubscriptionId {
  @Field.uuid({ description: 'Id of the subscription.' })
  id: string;
}

@Audited('notifications.subscribe-push')
export class SubscribePush extends Command<PushSubscriptionId> {
  constructor(
    readonly userId: string,
    readonly device: Device,
  ) {
    super();
  }
}

@Audited<UnsubscribePush>('notifications.unsubscribe-push', { subject: ({ id }) => id })
export class UnsubscribePush extends Command<void> {
  constructor(
    readonly userId: string,
    readonly id: string,
  ) {
    super();
  }
}

export class ListPushSubscriptions extends Query<Page<PushSubscriptionView>> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Notifications')
@Controller('me/push-subscriptions')
export class PushSubscriptionRoutes {
  constructor(
    private readonly commands: Commands,
    private readonly http: OutboundHttp,
    private readonly queries: Queries,
    private readonly vapid: Vapid,
  ) {}

  @Get('key')
  @Explain({
    operationId: 'getPushKey',
    summary: 'Read the public key for push subscriptions',
    description:
      'Returns the public VAPID key of this server. A browser needs it to create a push subscription (RFC 8292).',
    ok: { type: PushKeyView },
  })
  key(): PushKeyView {
    return { publicKey: this.vapid.publicKey };
  }

  @OutlivesSession()
  @Post()
  @Explain({
    operationId: 'subscribePush',
    summary: 'Subscribe a device to push messages',
    description:
      'Send what `pushManager.subscribe()` of the browser returns. A known device gets the new keys. An eleventh device replaces the oldest one.',
    ok: { status: 201, type: PushSubscriptionId },
    rejects: [NotFound, PushEndpointBlocked, PushKeyInvalid],
  })
  subscribe(
    @CurrentCaller() { userId }: Caller,
    @Body() { endpoint, keys: { p256dh, auth } }: PushSubscriptionCreate,
  ): Promise<PushSubscriptionId> {
    try {
      this.http.verify(endpoint);
    } catch (error) {
      if (error instanceof OutboundFailure) throw new Rejection(PushEndpointBlocked);
      throw error;
    }
    return this.commands.execute(new SubscribePush(userId, { endpoint, p256dh, auth }));
  }

  @Get()
  @Explain({
    operationId: 'listPushSubscriptions',
    summary: 'List your devices that get push messages',
    description: 'Newest first, all on one page.',
    ok: { list: PushSubscriptionView },
  })
  list(@CurrentCaller() { userId }: Caller): Promise<Page<PushSubscriptionView>> {
    return this.queries.execute(new ListPushSubscriptions(userId));
  }

  @Delete(':id')
  @Explain({
    operationId: 'unsubscribePush',
    summary: 'Stop push messages to a device',
    description: 'Removes the subscription of one of your devices. It gets no more push messages.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  unsubscribe(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new UnsubscribePush(userId, id));
  }
}

@CommandHandler(SubscribePush)
export class SubscribePushHandler implements ICommandHandler<SubscribePush> {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly subscriptions: PushSubscriptions,
  ) {}

  async execute({ userId, device }: SubscribePush): Promise<PushSubscriptionId> {
    assertKeys(device);
    const [account] = await this.accounts.find([userId]);
    if (!account?.active) throw new Rejection(NotFound); // the token outlived the account
    return { id: await this.subscriptions.add(userId, device, this.clock.now()) };
  }
}

/** @throws Rejection `notifications.push-key-invalid` if the keys cannot be used for encryption */
function assertKeys({ p256dh, auth }: Device): void {
  try {
    const point = ECDH.convertKey(p256dh, 'prime256v1', 'base64url', undefined, 'uncompressed') as Buffer;
    if (point.length === 65 && Buffer.from(auth, 'base64url').length === 16) return;
  } catch {
    // no point of the curve
  }
  throw new Rejection(PushKeyInvalid);
}

@CommandHandler(UnsubscribePush)
export class UnsubscribePushHandler implements ICommandHandler<UnsubscribePush> {
  constructor(private readonly subscriptions: PushSubscriptions) {}

  async execute({ userId, id }: UnsubscribePush): Promise<void> {
    if (!(await this.subscriptions.remove(userId, id))) throw new Rejection(NotFound);
  }
}

@QueryHandler(ListPushSubscriptions)
export class ListPushSubscriptionsHandler implements IQueryHandler<ListPushSubscriptions> {
  constructor(private readonly subscriptions: PushSubscriptions) {}

  async execute({ userId }: ListPushSubscriptions): Promise<Page<PushSubscriptionView>> {
    const devices = await this.subscriptions.of(userId);
    const data = devices.map(({ id, endpoint, createdAt }) => ({
      id,
      service: new URL(endpoint).host,
      createdAt,
    }));
    return { data, page: { nextCursor: null } };
  }
}

/** Removes all devices. Those of the owner subscribe again at the next sign-in; that of a session thief gets nothing more. */
@Subscriber('notifications.forget-devices', AccessReset, { queue: Queues.notifications })
export class ForgetDevices implements Handles<typeof AccessReset> {
  constructor(private readonly subscriptions: PushSubscriptions) {}

  async handle({ data: { userId } }: EventOf<typeof AccessReset>): Promise<void> {
    await this.subscriptions.removeAll(userId);
  }
}
