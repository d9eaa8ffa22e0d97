import { defineRejection, defineRule, Rules } from '@rookery/domain';

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

export const PushEndpointBlocked = defineRejection(
  'notifications.push-endpoint-blocked',
  'invalid',
  'This is not the address of a public push service.',
  'Send the endpoint that the browser returned; it begins with https://.',
  'Not a push service',
  { path: 'endpoint', rule: Rules.format, params: { format: 'uri' } },
);

export const PushKeyInvalid = defineRejection(
  'notifications.push-key-invalid',
  'invalid',
  'These are not the keys of a push subscription.',
  'Send p256dh and auth as the browser returned them.',
  'Invalid push keys',
  { path: 'keys', rule: Rules.format, params: { format: 'push-keys' } },
);

export const ReportRefused = defineRejection(
  'notifications.mail-report-refused',
  'forbidden',
  'The report is not signed by the mail provider, or is old.',
  'Check the signing key of the webhook in the settings of this server, and its clock.',
  'Report not signed',
);
