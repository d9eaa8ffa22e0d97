import { defineRejection, defineRule, Rules } from '@rookery/domain';

export const SettingsRules = {
  quietHours: defineRule('quiet-hours', 'The start and the end are the same time.'),
} as const;

export const QuietHoursEmpty = defineRejection(
  'notifications.quiet-hours-empty',
  'invalid',
  'The quiet hours start and end at the same time.',
  'Send two different times, or null for no quiet hours.',
  'Empty quiet hours',
  { path: 'quietHours', rule: SettingsRules.quietHours, params: {} },
);

export const PushEndpointBlocked = defineRejection(
  'notifications.push-endpoint-blocked',
  'invalid',
  'This is not the URL of a public push service.',
  'Send the endpoint that the browser returned. It begins with https://.',
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
  'The report has no valid signature of the mail provider, or it is too old.',
  'Check the signing key of the webhook in the settings of this server, and the clock of the server.',
  'Report not signed',
);
