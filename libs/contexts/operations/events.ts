import { defineEvent } from '@rookery/domain';
import { z } from 'zod';

// The types keep the name of the context that first defined them, because stored events and deliveries contain it.
const OperationKind = z.enum(['erasure', 'export']);

/** An export or an erasure of a user's data was requested. */
export const OperationRequested = defineEvent(
  'identity.operation-requested',
  1,
  z.object({ kind: OperationKind }),
);

/** The next batch of a long-running operation is due. */
export const OperationContinued = defineEvent(
  'identity.operation-continued',
  1,
  z.object({ kind: OperationKind }),
);

/** A long-running operation is over. */
export const OperationEnded = defineEvent(
  'identity.operation-ended',
  1,
  z.object({ kind: OperationKind, status: z.enum(['succeeded', 'failed']) }),
);
