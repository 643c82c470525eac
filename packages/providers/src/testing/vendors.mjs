// The vendors' own packages as judges, in a plain Node process: several are ES modules only, which Jest cannot load.
// Reads a JSON list of requests as a receiver gets them. Writes what each vendor says about them: null, or why it
// refuses. A judge sees the request untouched: if a receiver would have to change it first, the signer is wrong.
import { createHash, createSecretKey } from 'node:crypto';
import { EventEmitter } from 'node:events';
import https from 'node:https';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

// Each package is loaded when the first of its requests is judged, because together they take over a second to load.
// Of packages that load all the resources of an API, only the file with the signatures is loaded. The package of LINE
// does not export it, so its path is absolute.
const require = createRequire(import.meta.url);
const lineFile = (name) => join(dirname(require.resolve('@line/bot-sdk')), name);

const judges = {
  async stripe({ body, headers, secret }) {
    const { default: Stripe } = await import('stripe');
    new Stripe('sk_test_x').webhooks.constructEvent(body, headers['stripe-signature'], secret);
  },
  async github({ body, headers, secret }) {
    const { verify } = await import('@octokit/webhooks-methods');
    return verify(secret, body, headers['x-hub-signature-256']);
  },
  async svix({ body, headers, secret }) {
    const { Webhook } = await import('svix');
    new Webhook(secret).verify(body, headers);
  },
  async 'standard-webhooks'({ body, headers, secret }) {
    const { Webhook } = await import('standardwebhooks');
    new Webhook(secret).verify(body, headers);
  },
  async replicate({ body, headers, secret }) {
    const { validateWebhook } = await import('replicate');
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`]);
    return validateWebhook({ id, timestamp, signature, body, secret });
  },
  async shopify({ body, headers, secret }) {
    await import('@shopify/shopify-api/adapters/node');
    const { shopifyApi } = await import('@shopify/shopify-api');
    const shopify = shopifyApi({
      apiKey: 'k',
      apiSecretKey: secret,
      apiVersion: '2025-01',
      hostName: 'example.test',
      isEmbeddedApp: false,
      scopes: [],
      logger: { log: () => undefined },
    });
    const rawRequest = { method: 'POST', url: '/', headers };
    return (await shopify.webhooks.validate({ rawBody: body, rawRequest })).valid;
  },
  // With JSON, the URL carries the hash of the body, and Twilio's package has another function for that.
  twilio({ body, headers, secret, url }) {
    const { validateRequest, validateRequestWithBody } = require('twilio/lib/webhooks/webhooks.js');
    return headers['content-type'] === 'application/json'
      ? validateRequestWithBody(secret, headers['x-twilio-signature'], url, body)
      : validateRequest(secret, headers['x-twilio-signature'], url, parseForm(body));
  },
  async discord({ body, headers, secret }) {
    const { verifyKey } = await import('discord-interactions');
    return verifyKey(Buffer.from(body), headers['x-signature-ed25519'], headers['x-signature-timestamp'], secret);
  },
  async sendgrid({ body, headers, secret }) {
    const { default: sendgrid } = await import('@sendgrid/eventwebhook');
    const webhook = new sendgrid.EventWebhook();
    const name = 'x-twilio-email-event-webhook';
    const key = webhook.convertPublicKeyToECDSA(secret);
    return webhook.verifySignature(key, body, headers[`${name}-signature`], headers[`${name}-timestamp`]);
  },
  async paddle({ body, headers, secret }) {
    const { Paddle } = await import('@paddle/paddle-node-sdk');
    return new Paddle('x').webhooks.isSignatureValid(body, secret, headers['paddle-signature']);
  },
  razorpay: ({ body, headers, secret }) =>
    require('razorpay/dist/utils/razorpay-utils.js').validateWebhookSignature(
      body,
      headers['x-razorpay-signature'],
      secret,
    ),
  line: ({ body, headers, secret }) =>
    require(lineFile('validate-signature.js')).default(body, secret, headers['x-line-signature']),
  async sanity({ body, headers, secret }) {
    const { isValidSignature } = await import('@sanity/webhook');
    return isValidSignature(body, headers['sanity-webhook-signature'], secret);
  },
  async gocardless({ body, headers, secret }) {
    const { parse } = await import('gocardless-nodejs/webhooks');
    parse(body, secret, headers['webhook-signature']);
  },
  async livekit({ body, headers, secret, settings }) {
    const { WebhookReceiver } = await import('livekit-server-sdk');
    await new WebhookReceiver(settings.api_key, secret).receive(body, headers.authorization);
  },
  async bird({ body, headers, secret, url }) {
    const { default: messagebird } = await import('messagebird/lib/webhook-signature-jwt.js');
    const key = createSecretKey(Buffer.from(secret));
    await messagebird.verify(url, Buffer.from(body), headers['messagebird-signature-jwt'], key);
  },
  // The validator caches certificates by URL, so each request names its own.
  'aws-sns': ({ body, publicKey }) => withCertificate(publicKey, () => snsHolds(JSON.parse(body))),
};

/** Parses a form like Express: a repeated field becomes a list. */
function parseForm(body) {
  const fields = {};
  for (const [name, value] of new URLSearchParams(body))
    fields[name] = name in fields ? [fields[name], value].flat() : value;
  return fields;
}

/** The headers as Node gives them to a receiver. */
function headersOf(rawHeaders) {
  const headers = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i].toLowerCase();
    headers[name] = name in headers ? `${headers[name]}, ${rawHeaders[i + 1]}` : rawHeaders[i + 1];
  }
  return headers;
}

function snsHolds(message) {
  const SnsValidator = require('sns-validator');
  return new Promise((done, fail) =>
    new SnsValidator().validate(message, (error) => (error ? fail(error) : done(true))),
  );
}

/** The validator fetches certificates by itself; its request is answered here, with the key of the test. */
async function withCertificate(pem, work) {
  const { get } = https;
  https.get = (_url, answer) => {
    const response = Object.assign(new EventEmitter(), { statusCode: 200 });
    queueMicrotask(() => {
      answer(response);
      response.emit('data', Buffer.from(pem));
      response.emit('end');
    });
    return new EventEmitter();
  };
  try {
    return await work();
  } finally {
    https.get = get;
  }
}

async function judge({ bodyBase64, rawHeaders, ...request }) {
  try {
    const body = Buffer.from(bodyBase64, 'base64').toString();
    const holds = await judges[request.provider]({ ...request, body, headers: headersOf(rawHeaders) });
    return holds === false ? 'refused' : null;
  } catch (error) {
    return String(error?.message ?? error);
  }
}

/** A request that LiveKit's package signs. */
async function signedByLiveKit() {
  const { AccessToken } = await import('livekit-server-sdk');
  const body = '{"event":"room_finished","id":"EV_2"}';
  const token = new AccessToken('key', 'a secret of livekit', { ttl: 60 });
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return { body, jwt: await token.toJwt() };
}

const requests = JSON.parse(await text(process.stdin));
const answers = [];
for (const signed of requests) answers.push(await judge(signed));
const livekit = requests.some(({ provider }) => provider === 'livekit') ? await signedByLiveKit() : null;
process.stdout.write(`\n${JSON.stringify({ names: Object.keys(judges), answers, livekit })}`);
