import { Body, Controller, Headers, Ip, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import {
  ExactlyOneOf,
  Explain,
  Field,
  NeverStored,
  Public,
  RateLimit,
  RatePolicies,
  RequestRefused,
  withStatus,
} from '@rookery/web';
import { MfaTokens } from '../../services/mfa-tokens';
import { SecondFactorProof, type ProofOutcome, Reauthentication } from '../../services/reauthentication';
import { SignIn, Tokens } from '../../services/sign-in';
import { CodeInvalid, CodeLocked } from '../../model/rejections';
import type { Client } from '../../storage/sessions';
import { Users } from '../../storage/users';

/** Here a wrong code is a failed sign-in. */
const SignInCodeInvalid = withStatus(CodeInvalid, 401);

@ExactlyOneOf('code', 'recoveryCode')
class CompleteMfaRequest extends SecondFactorProof {
  @Field.text({ max: 4_000, description: 'From the response of POST /v1/auth/login.' })
  mfaToken: string;
}

/** Why the sign-in failed. */
interface Refused {
  refused: Exclude<ProofOutcome, 'proved'> | 'token-void';
  /** The user; absent if the token is invalid. */
  userId?: string;
}

/** Returns a failure instead of throwing: a rejection would roll back the count. */
@Audited<CompleteMfa>('identity.complete-mfa', {
  subject: (_, outcome) => (outcome && 'refused' in outcome ? outcome.userId : outcome?.user.id),
  refusal: (outcome) => {
    if (!('refused' in outcome)) return undefined;
    return outcome.refused === 'locked' ? CodeLocked.code : CodeInvalid.code;
  },
})
export class CompleteMfa extends Command<Tokens | Refused> {
  constructor(
    readonly mfaToken: string,
    readonly proof: SecondFactorProof,
    readonly client: Client,
  ) {
    super();
  }
}

@ApiTags('Second factor')
@Controller('auth/mfa')
export class CompleteMfaRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Post()
  @NeverStored()
  @RateLimit(RatePolicies.otp)
  @Explain({
    operationId: 'completeMfa',
    summary: 'Sign in with the second factor',
    description:
      'Takes exactly one of `code` and `recoveryCode`. A token works once, for 5 minutes and five attempts.',
    ok: { type: Tokens },
    rejects: [SignInCodeInvalid, CodeLocked],
  })
  async complete(
    @Body() { mfaToken, ...proof }: CompleteMfaRequest,
    @Ip() ip: string,
    @Headers('user-agent') userAgent = '',
  ): Promise<Tokens> {
    const outcome = await this.commands.execute(new CompleteMfa(mfaToken, proof, { ip, userAgent }));
    if (!('refused' in outcome)) return outcome;
    if (outcome.refused === 'locked') throw new Rejection(CodeLocked);
    if (outcome.refused === 'token-void') {
      const detail = 'The mfaToken has expired, was used, or has seen five tries: sign in again.';
      throw new RequestRefused(SignInCodeInvalid, { detail });
    }
    throw new RequestRefused(SignInCodeInvalid);
  }
}

@CommandHandler(CompleteMfa)
export class CompleteMfaHandler implements ICommandHandler<CompleteMfa> {
  constructor(
    private readonly mfaTokens: MfaTokens,
    private readonly proofs: Reauthentication,
    private readonly signIn: SignIn,
    private readonly users: Users,
  ) {}

  async execute({ mfaToken, proof, client }: CompleteMfa): Promise<Tokens | Refused> {
    const token = await this.mfaTokens.take(mfaToken);
    if (!token) return { refused: 'token-void' };
    const outcome = await this.proofs.prove(token.userId, proof, null);
    if (outcome !== 'proved') return { refused: outcome, userId: token.userId };
    await this.mfaTokens.use(token.id);
    return this.signIn.start(await this.users.get(token.userId), client);
  }
}
