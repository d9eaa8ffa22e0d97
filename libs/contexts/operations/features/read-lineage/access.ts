import { type AccessRows, adminOnly } from '@rookery/testing/access';

export const access: AccessRows = {
  getLineage: {
    ...adminOnly,
    async given({ system, people }) {
      const headers = { 'x-request-id': 'lineage-of-the-matrix' };
      await system.ask('PUT /v1/me/preferences', {
        token: people.owner.token,
        headers,
        body: { interests: ['maps'], tone: 'calm', length: 'short', language: 'en' },
      });
      return { path: { correlationId: headers['x-request-id'] } };
    },
  },
};
