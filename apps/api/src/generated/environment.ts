import { definedSettings } from '@rookery/settings';

/** What the npm scripts read and the apps do not: name, meaning and value when left out. */
const SCRIPT_SETTINGS = [
  [
    'MAILBOX_PORT',
    'Port of the mailbox page that `npm start` opens, unless SMTP_URL names a mail server.',
    '8025',
  ],
  ['ROOKERY_DATA_DIR', 'Folder for the data and logs of what `npm start` starts.', '.rookery'],
  [
    'ROOKERY_CACHE_DIR',
    'Folder for the programs that are fetched: Node, PostgreSQL, Redis.',
    '.rookery/cache',
  ],
  ['ROOKERY_DEBUG', 'Anything shows the stack trace of a script that fails.', ''],
] as const;

/** @returns `.env.example`: every setting with what it means and what it is when left out. */
export function describeEnvironment(): string {
  const groups = definedSettings().map(({ title, shape }) => [
    `# ${title}`,
    ...Object.values(shape).flatMap(({ name, doc, default: fallback, development }) => [
      `# ${doc}${development === undefined ? '' : ' Production needs one of its own.'}`,
      fallback === undefined && development === undefined
        ? `# ${name}=`
        : `# ${name}=${fallback ?? development}`,
    ]),
  ]);
  const head = [
    '# Every setting. `npm start` needs none of them: it starts what is missing and uses the values shown.',
    '# Copy this file to .env and take the # away where you want another value. A secret NAME may also come as',
    '# NAME_FILE, the path of a file that holds it. Written by `npm run generate`.',
  ];
  const scripts = SCRIPT_SETTINGS.flatMap(([name, doc, standard]) => [`# ${doc}`, `# ${name}=${standard}`]);
  return `${[head, ...groups, ['# npm scripts', ...scripts]].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
