import { createECDH } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { MasterKey } from '@rookery/settings';
import { NotificationSettings } from '../settings';

/** How this server identifies itself to push services (VAPID, RFC 8292). Devices subscribe to its public key. */
@Injectable()
export class Vapid {
  readonly privateKey: string;
  /** Uncompressed point in base64url: `applicationServerKey` of browsers. */
  readonly publicKey: string;
  readonly subject: string;

  constructor(settings: NotificationSettings) {
    const own = settings.vapidPrivateKey;
    const key = own ? Buffer.from(own, 'base64url') : new MasterKey().derive('vapid');
    const curve = createECDH('prime256v1');
    curve.setPrivateKey(key);
    this.privateKey = key.toString('base64url');
    this.publicKey = curve.getPublicKey('base64url');
    this.subject = settings.vapidSubject;
  }
}
