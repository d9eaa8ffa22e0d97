/** Why a tale could not be generated: stable codes, each with a sentence for its reader. */
export const FAILURES = {
  'provider-unavailable': 'The language model could not be reached. Try again later.',
  'provider-refused': 'The language model did not accept the request. The operators know about it.',
  'content-refused': 'The language model does not write about this. Try another wish.',
  'timed-out': 'The language model took too long. Try again later.',
  'unusable-answer': 'The language model answered with no usable story. Try again.',
  'budget-exhausted': 'Your budget for today is used up. Try again tomorrow.',
  internal: 'Something went wrong on our side. The operators know about it.',
} as const;

export type FailureCode = keyof typeof FAILURES;

/** @returns whether a text is one of the codes */
export function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && Object.hasOwn(FAILURES, code);
}
