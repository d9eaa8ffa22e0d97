import { Global, Module } from '@nestjs/common';
import { HostAddresses } from './host-addresses';
import { OutboundHttp } from './outbound-http';
import { OutboundHttpSettings } from './settings';

/** Requests to URLs that users choose, for all contexts. */
@Global()
@Module({
  providers: [HostAddresses, OutboundHttp, OutboundHttpSettings],
  exports: [OutboundHttp],
})
export class OutboundHttpModule {}
