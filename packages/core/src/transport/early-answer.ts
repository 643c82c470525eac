import type { Socket } from 'node:net';

/** A connection that can take no more bytes has ended for reading too, as soon as what it holds is read. */
const READ_OUT_MS = 1_000;

/**
 * Some destinations answer after the head of a request, close, and so reset what is still being sent. Node then reports
 * the failed write and throws away the answer, although it lies in the socket. Here a failed write is reported only when
 * everything that came has been read. An answer that the network itself lost stays lost.
 */
export function readBeforeFailing(socket: Socket): void {
  const write = socket._write.bind(socket);
  const writeAll = socket._writev?.bind(socket);
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, late(socket, callback));
  if (writeAll) socket._writev = (chunks, callback) => writeAll(chunks, late(socket, callback));
}

type Callback = (error?: Error | null) => void;

function late(socket: Socket, callback: Callback): Callback {
  return (error) => {
    if (!error || socket.destroyed || socket.readableEnded) callback(error);
    else onceReadOut(socket, () => callback(error));
  };
}

function onceReadOut(socket: Socket, then: () => void): void {
  const timer = setTimeout(finish, READ_OUT_MS);
  // The client reads the end first: an answer without a length is whole only then.
  const ended = (): void => void setImmediate(finish);
  let finished = false;
  socket.once('end', ended);
  socket.once('close', finish);
  function finish(): void {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    socket.off('end', ended);
    socket.off('close', finish);
    then();
  }
}
