import { once } from 'node:events';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Opens what clients of HTTP/1 leave open: a connection that has sent nothing, half of the headers or half of a body,
 * one that waits for its next request, and two connections whose answers are not read: an event stream, and many large
 * answers in a row.
 * @param slug of an endpoint
 * @returns `closed` reads on, and resolves when the server has closed all of them
 */
export async function openIdleConnections(
  server: Server,
  key: string,
  slug: string,
): Promise<{ closed: () => Promise<void> }> {
  const { port } = server.address() as AddressInfo;
  const head = (request: string, ...headers: string[]): string =>
    [`${request} HTTP/1.1`, 'Host: gateway.localhost', ...headers, '', ''].join('\r\n');
  const authorization = `Authorization: Bearer ${key}`;
  const webhook = `POST /api/webhook/${slug}`;
  const open = async (sent: string): Promise<Socket> => {
    const arrived = once(server, 'connection');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await arrived;
    if (sent !== '') socket.write(sent);
    return socket;
  };
  const asking = async (sent: string): Promise<Socket> => {
    const asked = once(server, 'request');
    const socket = await open(sent);
    await asked;
    return socket;
  };
  const idle = await open(head('GET /api/v1/endpoints', authorization));
  await once(idle, 'data');
  const sockets = [
    idle,
    await open(''),
    await open(`${webhook} HTTP/1.1\r\nHost: gateway`),
    await asking(`${head(webhook, 'Content-Length: 100')}{`),
    await asking(head('GET /api/v1/events/stream', authorization)),
    await asking(head('GET /openapi.json').repeat(25)),
  ];
  return {
    async closed() {
      for (const socket of sockets)
        if (!socket.closed) await new Promise((done) => socket.resume().once('close', done));
    },
  };
}
