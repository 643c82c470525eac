import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';

/**
 * Opens what clients of HTTP/2 leave open: a session that waits for its next request, a session that reads the event
 * stream, and one whose reader has stalled (its window is empty).
 * @param idlePath the only request of the first session; `null` means that it sends none
 * @returns `closed` resolves when all sessions are closed; `end` closes those that the server has not closed
 */
export async function openHttp2Readers(
  port: number,
  key: string,
  idlePath: string | null = '/api/v1/events',
): Promise<{ closed: Promise<unknown>; end: () => void }> {
  const open = (initialWindowSize?: number): ClientHttp2Session =>
    connect(`http://127.0.0.1:${port}`, initialWindowSize === undefined ? {} : { settings: { initialWindowSize } });
  const [idle, reading, stalled] = [open(), open(), open(0)];
  const sessions = [idle, reading, stalled];
  const closed = Promise.all(sessions.map((session) => new Promise((done) => session.once('close', done))));
  for (const session of sessions) session.on('error', () => undefined);
  const ask = async (session: ClientHttp2Session, path: string): Promise<void> => {
    const stream = session.request({ ':path': path, authorization: `Bearer ${key}` });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    if (session !== stalled) stream.resume();
  };
  if (idlePath === null) await once(idle, 'remoteSettings');
  else await ask(idle, idlePath);
  await ask(reading, '/api/v1/events/stream');
  await ask(stalled, '/api/v1/events/stream');
  return {
    closed,
    end() {
      for (const session of sessions) session.destroy();
    },
  };
}
