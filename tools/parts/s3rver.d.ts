declare module '@20minutes/s3rver' {
  import type { RequestListener } from 'node:http';

  /** Types of the used parts of the package, which has no types. */
  export default class S3rver {
    constructor(options: {
      directory: string;
      silent: boolean;
      vhostBuckets: boolean;
      configureBuckets: { name: string; configs: string[] }[];
    });
    readonly store: {
      getResourcePath(bucket: string, key: string, part: string): string;
      deleteObject(bucket: string, key: string): Promise<void>;
    };
    on(event: 'error', listener: (error: Error) => void): this;
    configureBuckets(): Promise<unknown>;
    callback(): RequestListener;
  }
}

declare module '@20minutes/s3rver/lib/models/account.js' {
  export default class Account {
    static readonly DUMMY_ACCOUNT: Account;
    createKeyPair(accessKeyId: string, secretAccessKey: string): void;
    revokeAccessKey(accessKeyId: string): void;
  }
}
