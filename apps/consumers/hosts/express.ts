import { createServer } from 'node:http';
import express from 'express';
import { paggioMiddleware } from '@paggio/express';
import { createGateway, mount, serve } from './gateway.js';

const paggio = createGateway();
const app = express();
app.use(paggioMiddleware(paggio, { path: mount }));
app.use(express.json());
app.post('/host/echo', (request, response) => void response.json({ echo: request.body as unknown }));
void serve(createServer(app), paggio);
