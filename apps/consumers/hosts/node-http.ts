import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { createNodeHandler } from '@paggio/http';
import { createGateway, mount, serve } from './gateway.js';

const paggio = createGateway();
const handle = createNodeHandler(paggio, { path: mount });
const server = createServer(async (request, response) => {
  if (handle(request, response)) return;
  if (request.url !== '/host/echo') {
    response.writeHead(404).end();
    return;
  }
  const echo = await json(request);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ echo }));
});
void serve(server, paggio);
