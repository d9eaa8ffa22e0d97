import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';
import type { OperationState } from '../model/operation';

/** A long-running operation as seen by its owner. */
@ApiSchema({ name: 'Operation' })
export class OperationView {
  @Field.uuid({ description: 'Id of the operation.' })
  id: string;

  @Field.oneOf(['erasure', 'export'], { description: 'Kind of operation.' })
  kind: string;

  @Field.oneOf(['queued', 'running', 'succeeded', 'failed'], { description: 'Current status.' })
  status: string;

  @Field.integer({ min: 0, max: 100, description: 'Progress in percent.', example: 50 })
  progress: number;

  @Field.json({
    optional: true,
    description:
      'For an export: URL, expiry time, and the number of rows by kind. For an erasure: what was erased, and when.',
  })
  result?: Record<string, unknown>;

  @Field.text({ max: 200, optional: true, description: 'Why it failed.' })
  failure?: string;
}

/** URL of an operation. */
export function locationOf(operationId: string): string {
  return `/v1/operations/${operationId}`;
}

/** @param exportTtlSeconds lifetime of an export */
export function viewOf(operation: Readonly<OperationState>, exportTtlSeconds: number): OperationView {
  const { id, kind, status, progress, receipt, finishedAt } = operation;
  const view = { id, kind, status, progress };
  if (status === 'failed')
    return { ...view, failure: 'The operation failed after many attempts. The operators know about it.' };
  if (status !== 'succeeded' || !finishedAt) return view;
  if (kind === 'erasure') return { ...view, result: { erasedAt: finishedAt.toISOString(), erased: receipt } };
  const expiresAt = new Date(finishedAt.getTime() + exportTtlSeconds * 1_000).toISOString();
  return { ...view, result: { url: `${locationOf(id)}/result`, expiresAt, exported: receipt } };
}
