import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import { OutboundFailure, OutboundHttp } from '@rookery/outbound-http';
import { UrlBlocked } from '../model/rejections';

/** Rejects URLs that every request would refuse. Does not resolve the host name: each request does that. */
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
