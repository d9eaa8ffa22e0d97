import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const CONTEXTS = readdirSync(join(ROOT, 'libs/contexts'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** Rows of the inventory by system. */
const ROWS = { A: 53, B: 34, C: 28, D: 27, E: 25 };
/** What is named as it is below a context. */
const IN_CONTEXT = /^(?:features|services|views|model|storage)\//;
const FILES = globSync('{libs,apps,test,bench}/**/*.ts', { cwd: ROOT });

/** @returns the ids in the first cell of a row: `A5–A8, A12` */
function idsOf(cell: string): string[] {
  return [...cell.matchAll(/([A-E])(\d+)(?:–[A-E](\d+))?/g)].flatMap(([, letter, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, nr) => `${letter}${Number(from) + nr}`),
  );
}

const isThere = (path: string) => globSync([path, `${path}.*`, `${path}-*`], { cwd: ROOT }).length > 0;

describe('docs/origins.md', () => {
  const rows = read('docs/origins.md')
    .split('\n')
    .filter((line) => /^\| [A-E]\d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('has every row of the inventory', () => {
    const all = Object.entries(ROWS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, nr) => `${letter}${nr + 1}`),
    );
    expect(all.filter((id) => !rows.some(([, ids]) => idsOf(ids!).includes(id)))).toEqual([]);
  });

  it.each(rows.map(([, ids, , ...where]) => [ids!, where.join('|')]))('names what exists: %s', (_, where) => {
    const names = [...where.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    const contexts = ['identity', ...CONTEXTS.filter((name) => where.includes(name))];
    const missing = names.filter((name) => {
      if (IN_CONTEXT.test(name))
        return !contexts.some((context) => isThere(`libs/contexts/${context}/${name}`));
      if (/^(?:libs|apps|test|docs|migrations|scripts|bench|examples|\.ci)(?:\/|$)/.test(name))
        return !isThere(name);
      if (/^[\w-]+(?:\.int|\.e2e)?\.?-?(?:spec)\.ts$/.test(name))
        return !FILES.some((file) => file.endsWith(`/${name}`));
      const [, script] = /^npm run ([\w:]+)/.exec(name) ?? [];
      return script !== undefined && !(script in JSON.parse(read('package.json')).scripts);
    });
    expect(missing).toEqual([]);
  });
});

describe('The decisions', () => {
  it('are all in the index, with their titles', () => {
    const index = read('docs/decisions/README.md').replaceAll(/ +/g, ' ');
    const missing = readdirSync(join(ROOT, 'docs/decisions'))
      .filter((file) => file !== 'README.md')
      .filter((file) => {
        const [, number, title] = /^# (\d{4}) (.+)/.exec(read(`docs/decisions/${file}`)) ?? [];
        return !index.includes(`| [${number}](${file}) | ${title} |`);
      });
    expect(missing).toEqual([]);
  });
});

describe('The pages', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'libs/**/README.md'], { cwd: ROOT });

  it('lead to files that exist', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)/g)]
        .map(([, link]) => link!)
        .filter((link) => !/^\w+:/.test(link) && !existsSync(join(ROOT, page, '..', link)))
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('name operations of the API and commands that exist', () => {
    const paths = Object.entries(JSON.parse(read('openapi.json')).paths as Record<string, object>);
    const operations = new Set(
      paths.flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '*')}`),
      ),
    );
    const scripts = JSON.parse(read('package.json')).scripts as object;
    const wrong = pages
      .filter((page) => /^(?:README|docs\/(?:runbooks|guides|security|origins))/.test(page))
      .flatMap((page) => {
        const text = read(page);
        const routes = [...text.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/v1\/[^`?\s]+)/g)]
          .map(([, method, path]) => `${method} ${path!.replaceAll(/\{\w+\}|<[^>]+>/g, '*')}`)
          .filter((route) => !operations.has(route));
        const commands = [...text.matchAll(/npm run ([\w:]+)/g)]
          .map(([, script]) => script!)
          .filter((script) => !(script in scripts));
        return [...routes, ...commands].map((name) => `${page}: ${name}`);
      });
    expect(wrong).toEqual([]);
  });
});
