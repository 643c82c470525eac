// Calls a route handler like Next.js: one function per method, with a Fetch request.
const { serve } = require('@hono/node-server');
const route = require('../../dist/next-route.js');

const notAllowed = () => new Response(null, { status: 405 });
serve({ fetch: (request) => (route[request.method] ?? notAllowed)(request), port: Number(process.env.PORT) });
