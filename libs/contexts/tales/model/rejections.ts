import { defineRejection } from '@rookery/domain';

export const TooManyActive = defineRejection(
  'tales.too-many-active',
  'conflict',
  'Three of your tales are not finished yet.',
  'Wait until one of them is ready, or cancel it with DELETE /v1/tales/{id}.',
  'Too many unfinished tales',
);

export const NoPreferences = defineRejection(
  'tales.no-preferences',
  'invalid',
  'It is not known what the tale should be about.',
  'Send a prompt or interests, or set your interests with PUT /v1/me/preferences.',
  'Nothing to write about',
);

export const LanguageUnknown = defineRejection(
  'tales.language-unknown',
  'invalid',
  'There is no such language.',
  'Send a language tag (BCP 47), such as en or de-AT.',
  'Unknown language',
);

export const NotActive = defineRejection(
  'tales.not-active',
  'conflict',
  'The tale is finished, so it cannot be canceled.',
  'Read it with GET /v1/tales/{id}.',
  'Already finished',
);

export const NotFailed = defineRejection(
  'tales.not-failed',
  'conflict',
  'Only a tale that has failed can be tried again.',
  'Read its status with GET /v1/tales/{id}, or request another tale.',
  'Has not failed',
);

export const BudgetExhausted = defineRejection(
  'tales.budget-exhausted',
  'exhausted',
  'Your budget for tales of today is used up, or set aside for those that are not finished.',
  'Wait for the seconds in Retry-After: budgets begin anew at midnight UTC.',
  'Budget of the day used up',
);
