import { Injectable } from '@nestjs/common';
import { newId, type RejectionDefinition } from '@rookery/domain';
import { Outbox } from '@rookery/persistence';
import { Field } from '@rookery/web';
import { RecoveryCodeUsed } from '../events';
import { CodeInvalid, CodeLocked } from '../model/rejections';
import { SecondFactors } from '../storage/second-factors';
import { hashRecoveryCode } from './recovery-codes';
import { Totp } from './totp';

/** Second factor in a request: one of the two. */
export class SecondFactorProof {
  @Field.text({
    min: 6,
    max: 6,
    pattern: /^\d{6}$/,
    optional: true,
    description: 'The six-digit code from the authenticator app.',
    example: '042137',
  })
  code?: string;

  @Field.text({
    min: 24,
    max: 40,
    optional: true,
    description: 'A recovery code. Each works once.',
    example: '8Z2K4M-Q0RT7X-3VBN5C-9HJW1D',
  })
  recoveryCode?: string;
}

/** The outcome of a check. A failure is returned instead of thrown, because a rejection would roll back its count. */
export type ProofOutcome = 'proved' | 'wrong' | 'locked';

/** @returns the rejection for a failed reauthentication. */
export function refusalOf(outcome: Exclude<ProofOutcome, 'proved'>): RejectionDefinition {
  return outcome === 'locked' ? CodeLocked : CodeInvalid;
}

/**
 * Consecutive wrong codes after which codes of the app are not accepted (NIST SP 800-63B §3.2.2). Recovery codes, which
 * cannot be guessed, always are: somebody who uses up the codes of an account does not lock its owner out.
 */
const MAX_FAILURES = 100;

/** Checks second factors. */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly outbox: Outbox,
    private readonly secondFactors: SecondFactors,
    private readonly totp: Totp,
  ) {}

  /**
   * Consumes a code or a recovery code; of many concurrent uses only one succeeds.
   *
   * @param sessionId current session; null if this is to start a session
   */
  async prove(
    userId: string,
    { code, recoveryCode }: SecondFactorProof,
    sessionId: string | null,
  ): Promise<ProofOutcome> {
    const factor = await this.secondFactors.lock(userId);
    if (!factor?.enrolled) return 'wrong';
    if (recoveryCode !== undefined) {
      if (!(await this.secondFactors.takeRecoveryCode(userId, hashRecoveryCode(recoveryCode))))
        return 'wrong';
      await this.secondFactors.succeed(userId);
      const data = { userId, sessionId };
      await this.outbox.append([{ definition: RecoveryCodeUsed, subject: newId(), sequence: 1, data }]);
      return 'proved';
    }
    if (factor.failures >= MAX_FAILURES) return 'locked';
    const step = this.totp.stepOf(userId, factor, code ?? '');
    if (step === undefined) {
      await this.secondFactors.fail(userId);
      return 'wrong';
    }
    await this.secondFactors.succeed(userId, step);
    return 'proved';
  }
}
