import { defineContext } from '@rookery/application';
import { Operations } from './contract';
import { OfferedOperations } from './services/offered-operations';
import { OperationsSettings } from './settings';
import { operationSchema, StoredOperations } from './storage/operations';

/** Operation of the service: long-running operations, queues, and the audit log. */
export const operations = defineContext('operations', __dirname, {
  tags: {
    Operations: 'Track long-running operations, such as exports and erasures.',
    Administration: 'Roles, sessions of users, and the audit log.',
    Queues: 'Queues, failed deliveries and the outbox, for operators.',
  },
  permissions: { admin: ['ops:read', 'ops:write'] },
  schemas: [operationSchema],
  providers: [OperationsSettings, StoredOperations],
  offers: [{ provide: Operations, useClass: OfferedOperations }],
});
