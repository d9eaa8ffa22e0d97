import { definedSettings } from '@rookery/settings';

/** Variables that only the npm scripts read: name, description and default. */
const SCRIPT_SETTINGS = [
  [
    'MAILBOX_PORT',
    'Port of the mailbox page that `npm start` opens, unless SMTP_URL names a mail server.',
    '8025',
  ],
  ['ROOKERY_DATA_DIR', 'Folder for data and logs of `npm start`.', '.rookery'],
  ['ROOKERY_CACHE_DIR', 'Folder for downloaded programs: Node, PostgreSQL, Redis.', '.rookery/cache'],
  [
    'NODE_OPTIONS',
    'Additional Node options for api and worker, such as other heap limits in MB. They are appended to the default.',
    '--max-old-space-size=384 --max-semi-space-size=32',
  ],
  ['ROOKERY_DEBUG', 'Any value shows the stack trace when a script fails.', ''],
] as const;

/** @returns `.env.example`: every setting with description and default. */
export function describeEnvironment(): string {
  const groups = definedSettings().map(({ title, shape }) => [
    `# ${title}`,
    ...Object.values(shape).flatMap(({ name, doc, default: fallback, development }) => [
      `# ${doc}${development === undefined ? '' : ' Production requires a custom value.'}`,
      fallback === undefined && development === undefined
        ? `# ${name}=`
        : `# ${name}=${fallback ?? development}`,
    ]),
  ]);
  const head = [
    '# All settings. `npm start` needs none of them: it starts missing services and uses the values shown.',
    '# Copy this file to .env and remove the # where you want a different value. A secret NAME may also be set as',
    '# NAME_FILE, the path of a file that contains it. Written by `npm run generate`.',
  ];
  const scripts = SCRIPT_SETTINGS.flatMap(([name, doc, standard]) => [`# ${doc}`, `# ${name}=${standard}`]);
  return `${[head, ...groups, ['# npm scripts', ...scripts]].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
