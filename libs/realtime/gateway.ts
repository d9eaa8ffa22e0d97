import type { IncomingMessage } from 'node:http';
import { type OnGatewayConnection, WebSocketGateway, WebSocketServer as Server } from '@nestjs/websockets';
import type { WebSocket, WebSocketServer } from 'ws';
import { Connections } from './connections';
import { admissionOf, type Handshake, SUBPROTOCOL } from './handshake';
import { RealtimeLimits } from './settings';
import { Socket } from './socket';
import { Streams } from './streams';

/** Bytes of a message from a client. */
const MAX_INBOUND_BYTES = 512;

/** The WebSockets of the api; whoever gets here has passed the route. */
@WebSocketGateway({
  path: '/v1/ws',
  maxPayload: MAX_INBOUND_BYTES,
  perMessageDeflate: false, // it costs memory for each socket, and makes bombs possible
  closeTimeout: new RealtimeLimits().closeMs,
  handleProtocols: () => SUBPROTOCOL,
})
export class RealtimeGateway implements OnGatewayConnection<WebSocket> {
  @Server()
  private readonly server: WebSocketServer;

  constructor(
    private readonly connections: Connections,
    private readonly limits: RealtimeLimits,
    private readonly streams: Streams,
  ) {}

  /** Answers a handshake with 101. @returns whether there is a socket now: the client may have left */
  upgrade(request: IncomingMessage, { socket, head }: Handshake): boolean {
    let upgraded = false;
    this.server.handleUpgrade(request, socket, head, (client) => {
      upgraded = true;
      this.server.emit('connection', client, request);
    });
    return upgraded;
  }

  handleConnection(client: WebSocket, request: IncomingMessage): void {
    const { opener, lastEventId, release } = admissionOf(request);
    const { connections, limits, streams } = this;
    new Socket(client, opener, { connections, limits, streams }).open(lastEventId, release);
  }
}
