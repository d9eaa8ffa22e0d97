import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field, Fresh, NeverStored, SessionOnly } from '@rookery/web';
import type * as QrCodes from 'qrcode';
import { Totp } from '../../services/totp';
import { AccountGone, TotpEnrolled } from '../../model/rejections';
import { SecondFactors } from '../../storage/second-factors';

/** Loaded when the first is drawn: the worker draws none. */
const qrCodes = () => require('qrcode') as typeof QrCodes;

class TotpSetup {
  @Field.text({
    max: 64,
    description: 'The secret in base32, to type in.',
    example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  })
  secret: string;

  @Field.text({ max: 1_000, description: 'The secret as an otpauth URI, which authenticator apps open.' })
  provisioningUri: string;

  @Field.text({ max: 20_000, description: 'The URI as a QR code: a data URL of a PNG.' })
  qrCode: string;
}

@Audited('identity.initiate-totp')
export class InitiateTotp extends Command<TotpSetup> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Second factor')
@Controller('auth/totp/initiate')
export class InitiateTotpRoute {
  constructor(private readonly commands: Commands) {}

  @SessionOnly()
  @Fresh()
  @Post()
  @NeverStored()
  @Explain({
    operationId: 'initiateTotp',
    summary: 'Start to enroll an authenticator app',
    description:
      'Returns a secret for the app. Nothing changes until POST /v1/auth/totp/verify accepts its first code. Another call invalidates the earlier secret.',
    ok: { type: TotpSetup },
    rejects: [TotpEnrolled],
  })
  initiate(@CurrentCaller() { userId }: Caller): Promise<TotpSetup> {
    return this.commands.execute(new InitiateTotp(userId));
  }
}

@CommandHandler(InitiateTotp)
export class InitiateTotpHandler implements ICommandHandler<InitiateTotp> {
  constructor(
    private readonly secondFactors: SecondFactors,
    private readonly sql: Sql,
    private readonly totp: Totp,
    private readonly transaction: Transaction,
  ) {}

  async execute({ userId }: InitiateTotp): Promise<TotpSetup> {
    const user = await this.transaction.outside(() =>
      this.sql.row<{ email: string }>(
        `SELECT email FROM identity.users WHERE id = $1 AND status <> 'deleted'`,
        [userId],
      ),
    );
    if (!user) throw new Rejection(AccountGone);
    const { secret, uri, sealed } = this.totp.create(userId, user.email);
    const qrCode = await qrCodes().toDataURL(uri);
    if (!(await this.secondFactors.initiate(userId, sealed))) throw new Rejection(TotpEnrolled);
    return { secret, provisioningUri: uri, qrCode };
  }
}
