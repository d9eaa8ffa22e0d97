import { definedSettings } from '@rookery/settings';

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
  return `${[head, ...groups].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
