import type { IncomingMessage } from 'node:http';
import { type OnGatewayConnection, WebSocketGateway, WebSocketServer as Server } from '@nestjs/websockets';
import type { WebSocket, WebSocketServer } from 'ws';
import { Connections } from './connections';
import { admissionOf, type Handshake, SUBPROTOCOL } from './handshake';
import { RealtimeLimits } from './settings';
import { Socket } from './socket';
import { Streams } from './streams';

/** Maximum bytes of a message from a client. */
const MAX_INBOUND_BYTES = 512;

/** The WebSockets of the api. Requests that get here have passed the checks of the route. */
@WebSocketGateway({
  path: '/v1/ws',
  maxPayload: MAX_INBOUND_BYTES,
  perMessageDeflate: false, // compression costs memory per socket and enables decompression bombs
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

  /** Responds to a handshake with 101. @returns whether there is a socket; false if the client has disconnected */
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
