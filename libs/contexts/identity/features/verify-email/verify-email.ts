import { Body, Controller, Headers, Ip, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Clock, Rejection } from '@rookery/domain';
import { Explain, Field, NeverStored, Public, RateLimit, RatePolicies } from '@rookery/web';
import { MfaChallenge, SignIn, Tokens } from '../../access/sign-in';
import { VerificationCodes } from '../../access/verification-codes';
import { CodeExpired, CodeInvalid } from '../../model/rejections';
import type { Client } from '../../storage/sessions';
import { Users } from '../../storage/users';

class VerificationForm {
  @Field.email({ description: 'Address that the code was sent to.', example: 'ada@example.com' })
  email: string;

  @Field.text({
    min: 6,
    max: 6,
    pattern: /^\d{6}$/,
    description: 'The six digits in the mail.',
    example: '042137',
  })
  code: string;
}

export class VerifyEmail extends Command<Tokens | MfaChallenge> {
  constructor(
    readonly email: string,
    readonly code: string,
    readonly client: Client,
  ) {
    super();
  }
}

@ApiTags('Identity')
@Controller('auth/verify')
export class VerifyEmailRoute {
  constructor(private readonly commands: Commands) {}

  @RateLimit(RatePolicies.otp)
  @NeverStored()
  @Public()
  @Post()
  @Explain({
    operationId: 'verifyEmail',
    summary: 'Verify an e-mail address with the code',
    description: 'Activates the account and signs in. After five wrong tries or 10 minutes the code expires.',
    ok: { type: [Tokens, MfaChallenge] },
    rejects: [CodeInvalid, CodeExpired],
  })
  verify(
    @Body() { email, code }: VerificationForm,
    @Ip() ip: string,
    @Headers('user-agent') userAgent = '',
  ): Promise<Tokens | MfaChallenge> {
    return this.commands.execute(new VerifyEmail(email, code, { ip, userAgent }));
  }
}

@CommandHandler(VerifyEmail)
export class VerifyEmailHandler implements ICommandHandler<VerifyEmail> {
  constructor(
    private readonly clock: Clock,
    private readonly codes: VerificationCodes,
    private readonly signIn: SignIn,
    private readonly users: Users,
  ) {}

  async execute({ email, code, client }: VerifyEmail): Promise<Tokens | MfaChallenge> {
    await this.codes.redeem(email, code);
    const user = await this.users.find({ email });
    if (!user) throw new Rejection(CodeExpired);
    user.verify(this.clock.now());
    await this.users.save(user);
    return this.signIn.begin(user, client);
  }
}
