import { defineRejection, Rules } from '@rookery/domain';

export const TooManyActive = defineRejection(
  'tales.too-many-active',
  'conflict',
  'You already have three unfinished tales.',
  'Wait until one of them is ready, or cancel it with DELETE /v1/tales/{id}.',
  'Too many unfinished tales',
);

export const NoPreferences = defineRejection(
  'tales.no-preferences',
  'invalid',
  'The tale has no topic. Send prompt or interests, or set interests in your preferences.',
  'Send prompt or interests, or set your interests with PUT /v1/me/preferences.',
  'Topic missing',
  { path: 'interests', rule: Rules.required, params: {} },
);

export const LanguageUnknown = defineRejection(
  'tales.language-unknown',
  'invalid',
  'The language tag is invalid or unknown.',
  'Send a language tag (BCP 47), such as en or de-AT.',
  'Unknown language',
);

export const NotActive = defineRejection(
  'tales.not-active',
  'conflict',
  'The tale is finished, so it cannot be canceled.',
  'Read it with GET /v1/tales/{id}.',
  'Tale already finished',
);

export const NotFailed = defineRejection(
  'tales.not-failed',
  'conflict',
  'Only a failed tale can be retried.',
  'Read its status with GET /v1/tales/{id}, or request another tale.',
  'Tale has not failed',
);

export const BudgetExhausted = defineRejection(
  'tales.budget-exhausted',
  'exhausted',
  'Your daily budget for tales is used up, or reserved for your unfinished tales.',
  'Wait for the number of seconds in Retry-After. Budgets are reset at midnight UTC.',
  'Daily budget used up',
);
