import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AccessRows, everybody, operators, type Row, signedIn } from '@rookery/testing/access';

/** Operations of the platform; those of a context are beside the feature. */
const platform: AccessRows = {
  connectRealtime: signedIn,
  getDebugVars: operators,
  getHealth: everybody,
  getLiveness: everybody,
  getMetrics: everybody,
  getReadiness: everybody,
  getStartup: everybody,
  streamEvents: signedIn,
};

/** Controllers that are excluded from the API description and so not checked: public pages for people. */
export const UNDESCRIBED = [
  'ActivationPage',
  'ResetPasswordPage',
  'UndoEmailChangePage',
  'PreviewMails',
  'UnsubscribePage',
  'InvitesPage',
];

const CONTEXTS = join(__dirname, '../libs/contexts');

/**
 * Every operation of the API, by operationId: the rows of the platform and those in the `access.ts` of each feature.
 *
 * @throws Error if two files have a row for the same operation
 */
export function accessMatrix(): AccessRows {
  const matrix: AccessRows = { ...platform };
  for (const file of accessFiles()) {
    const { access } = jest.requireActual<{ access: AccessRows }>(file);
    for (const [id, row] of Object.entries<Row>(access)) {
      if (id in matrix)
        throw new Error(`${file} has a row of ${id}, which another file has too: take one out.`);
      matrix[id] = row;
    }
  }
  return matrix;
}

function accessFiles(): string[] {
  return foldersOf(CONTEXTS)
    .flatMap((context) => foldersOf(join(context, 'features')))
    .map((feature) => join(feature, 'access.ts'))
    .filter(existsSync);
}

function foldersOf(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(path, name));
}
