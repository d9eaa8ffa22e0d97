/** Why a tale could not be generated: stable codes, each with a sentence for its reader. */
export const FAILURES = {
  'provider-unavailable': 'The language model could not be reached. Try again later.',
  'provider-refused': 'The language model did not accept the request. The operators have been notified.',
  'content-refused': 'The language model refuses to write about this. Try a different prompt.',
  'timed-out': 'The language model took too long. Try again later.',
  'unusable-answer': 'The language model did not return a usable story. Try again.',
  'budget-exhausted': 'Your budget for today is used up. Try again tomorrow.',
  internal: 'Something went wrong on our side. The operators have been notified.',
} as const;

export type FailureCode = keyof typeof FAILURES;

/** @returns whether a text is one of the codes */
export function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && Object.hasOwn(FAILURES, code);
}
