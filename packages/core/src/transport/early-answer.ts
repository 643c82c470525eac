import type { Socket } from 'node:net';

/**
 * A connection whose write failed ends for reading too once its bytes are read. The report waits no longer than this.
 */
const READ_OUT_MS = 1_000;

/**
 * Reads an early answer before a failed write is reported. Some destinations answer after the head of a request and
 * close the connection, which resets the rest of the request. Node then reports the failed write and throws away the
 * answer, although the socket has it. Here a failed write is reported only when all received bytes have been read. An
 * answer that the network itself has lost stays lost.
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
  // The client has to read the end first, because an answer without a length is complete only then.
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
