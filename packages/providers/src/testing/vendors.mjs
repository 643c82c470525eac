// The vendors' own packages as judges, in a plain Node process: several are ES modules only, which Jest cannot load.
// Reads a JSON list of requests as a receiver gets them. Writes what each vendor says about them: null, or why it
// refuses. A judge sees the request untouched: if a receiver would have to change it first, the signer is wrong.
import { createHash, createSecretKey } from 'node:crypto';
import { EventEmitter } from 'node:events';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { validateSignature as lineHolds } from '@line/bot-sdk';
import { verify as octokitVerify } from '@octokit/webhooks-methods';
import { Paddle } from '@paddle/paddle-node-sdk';
import { isValidSignature as sanityHolds } from '@sanity/webhook';
import sendgrid from '@sendgrid/eventwebhook';
import '@shopify/shopify-api/adapters/node';
import { shopifyApi } from '@shopify/shopify-api';
import { verifyKey } from 'discord-interactions';
import * as gocardless from 'gocardless-nodejs/webhooks';
import { AccessToken, WebhookReceiver } from 'livekit-server-sdk';
import messagebird from 'messagebird/lib/webhook-signature-jwt.js';
import Razorpay from 'razorpay';
import { validateWebhook as replicateHolds } from 'replicate';
import SnsValidator from 'sns-validator';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import twilio from 'twilio';

const judges = {
  stripe: ({ body, headers, secret }) =>
    void new Stripe('sk_test_x').webhooks.constructEvent(body, headers['stripe-signature'], secret),
  github: ({ body, headers, secret }) => octokitVerify(secret, body, headers['x-hub-signature-256']),
  svix: ({ body, headers, secret }) => void new SvixWebhook(secret).verify(body, headers),
  'standard-webhooks': ({ body, headers, secret }) => void new StandardWebhook(secret).verify(body, headers),
  replicate: ({ body, headers, secret }) =>
    replicateHolds({
      id: headers['webhook-id'],
      timestamp: headers['webhook-timestamp'],
      signature: headers['webhook-signature'],
      body,
      secret,
    }),
  async shopify({ body, headers, secret }) {
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
  twilio: ({ body, headers, secret, url }) =>
    headers['content-type'] === 'application/json'
      ? twilio.validateRequestWithBody(secret, headers['x-twilio-signature'], url, body)
      : twilio.validateRequest(secret, headers['x-twilio-signature'], url, parseForm(body)),
  discord: ({ body, headers, secret }) =>
    verifyKey(Buffer.from(body), headers['x-signature-ed25519'], headers['x-signature-timestamp'], secret),
  sendgrid({ body, headers, secret }) {
    const webhook = new sendgrid.EventWebhook();
    const name = 'x-twilio-email-event-webhook';
    const key = webhook.convertPublicKeyToECDSA(secret);
    return webhook.verifySignature(key, body, headers[`${name}-signature`], headers[`${name}-timestamp`]);
  },
  paddle: ({ body, headers, secret }) =>
    new Paddle('x').webhooks.isSignatureValid(body, secret, headers['paddle-signature']),
  razorpay: ({ body, headers, secret }) =>
    Razorpay.validateWebhookSignature(body, headers['x-razorpay-signature'], secret),
  line: ({ body, headers, secret }) => lineHolds(body, secret, headers['x-line-signature']),
  sanity: ({ body, headers, secret }) => sanityHolds(body, headers['sanity-webhook-signature'], secret),
  gocardless: ({ body, headers, secret }) => void gocardless.parse(body, secret, headers['webhook-signature']),
  livekit: ({ body, headers, secret, settings }) =>
    new WebhookReceiver(settings.api_key, secret).receive(body, headers.authorization).then(() => true),
  bird: ({ body, headers, secret, url }) =>
    messagebird
      .verify(url, Buffer.from(body), headers['messagebird-signature-jwt'], createSecretKey(Buffer.from(secret)))
      .then(() => true),
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

const answers = [];
for (const signed of JSON.parse(await text(process.stdin))) answers.push(await judge(signed));
// One more request, which a vendor signs.
const body = '{"event":"room_finished","id":"EV_2"}';
const token = new AccessToken('key', 'a secret of livekit', { ttl: 60 });
token.sha256 = createHash('sha256').update(body).digest('base64');
process.stdout.write(
  `\n${JSON.stringify({ names: Object.keys(judges), answers, livekit: { body, jwt: await token.toJwt() } })}`,
);
