import { type AccessRows, everybody, signedIn } from '@rookery/testing/access';

const ownFeed = async ({ system, people }: Parameters<NonNullable<AccessRows[string]['given']>>[0]) => {
  const { body } = await system.ask('POST /v1/me/calendar-feed', { token: people.owner.token });
  return { path: { token: new URL(body.url).pathname.split('/').at(-1)! } };
};

export const access: AccessRows = {
  createCalendarFeed: signedIn,
  revokeCalendarFeed: signedIn,
  readCalendarFeed: { ...everybody, given: ownFeed },
};
