export { HostAddresses } from './host-addresses';
export { Lanes } from './lanes';
export { type OutboundAnswer, OutboundHttp, type OutboundRequest } from './outbound-http';
export { OutboundFailure, type OutboundFailureReason } from './outbound-failure';
export { OutboundHttpModule } from './outbound-http.module';
export { OutboundHttpSettings } from './settings';
