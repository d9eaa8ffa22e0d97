import { Injectable } from '@nestjs/common';
import { newId, type RejectionDefinition } from '@rookery/domain';
import { Outbox } from '@rookery/persistence';
import { Field } from '@rookery/web';
import { RecoveryCodeUsed } from '../events';
import { CodeInvalid, CodeLocked } from '../model/rejections';
import { SecondFactors } from '../storage/second-factors';
import { hashRecoveryCode } from './recovery-codes';
import { Totp } from './totp';

/** What proves the second factor: one of the two. */
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

/** What came of a proof. Wrong ones are counted, so they are answered, not thrown: a rejection would undo the count. */
export type ProofOutcome = 'proved' | 'wrong' | 'locked';

/** @returns what a proof that is none is refused with. */
export function refusalOf(outcome: Exclude<ProofOutcome, 'proved'>): RejectionDefinition {
  return outcome === 'locked' ? CodeLocked : CodeInvalid;
}

/**
 * Wrong codes in a row after which those of the app do not count (NIST SP 800-63B §3.2.2). Recovery codes, which
 * nobody can guess, always do: whoever burns the codes of an account does not lock its owner out.
 */
const MAX_FAILURES = 100;

/** Checks proofs of the second factor. */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly outbox: Outbox,
    private readonly secondFactors: SecondFactors,
    private readonly totp: Totp,
  ) {}

  /**
   * Uses up a code or a recovery code; one of many who use the same at once proves something with it.
   *
   * @param sessionId in which it is proved; null where that is to begin a session
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
