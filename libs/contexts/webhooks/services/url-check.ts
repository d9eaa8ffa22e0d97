import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import { OutboundFailure, OutboundHttp } from '@rookery/outbound-http';
import { UrlBlocked } from '../model/rejections';

/** Says at once what would be refused at each request. Its host name is not resolved: that happens at each request. */
@Injectable()
export class UrlCheck {
  constructor(private readonly http: OutboundHttp) {}

  /** @throws Rejection `webhooks.url-blocked` */
  verify(url: string): void {
    try {
      this.http.verify(url);
    } catch (error) {
      if (error instanceof OutboundFailure) throw new Rejection(UrlBlocked);
      throw error;
    }
  }
}
