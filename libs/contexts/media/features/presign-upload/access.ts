import { type AccessRows, signedIn } from '@rookery/testing/access';

export const access: AccessRows = {
  presignUpload: {
    ...signedIn,
    given: () => ({ body: { contentType: 'image/png', fileName: 'owl.png', size: 1_000 } }),
  },
};
