import { createHmac } from 'node:crypto';

/** The same check that Paggio makes for the endpoint of the benchmark. */
export function holds(secret, signature, body) {
  return signature === `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Starts a peer: tells the benchmark its URL, and pauses and resumes deliveries when the benchmark asks for it. */
export function serve(server, { pause, resume }) {
  server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}/hook` }));
  process.on('message', async (word) => {
    if (word === 'pause') await pause();
    else await resume();
    process.send({ done: word });
  });
  process.on('disconnect', () => process.exit(0));
}

export function readBody(request, done) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks)));
}

export const ACCEPTED = '{"received": true}';
