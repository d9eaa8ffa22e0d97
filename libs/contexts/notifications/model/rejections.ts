import { defineRejection, defineRule } from '@rookery/domain';

export const SettingsRules = {
  quietHours: defineRule('quiet-hours', 'They end when they begin.'),
} as const;

export const QuietHoursEmpty = defineRejection(
  'notifications.quiet-hours-empty',
  'invalid',
  'The quiet hours end when they begin.',
  'Send two different times, or null for no quiet hours.',
  'Empty quiet hours',
  { path: 'quietHours', rule: SettingsRules.quietHours, params: {} },
);
