import { createPublicKey, randomUUID } from 'node:crypto';
import { createVerifier, findProvider, HeaderList, type Scheme } from './index';
import { askVendors, type ReceivedRequest, type VendorAnswers } from './testing/ask-vendors';

// The vendors' own packages check what `sign` makes, as an independent reading of the same facts.

const names = [
  'stripe',
  'github',
  'svix',
  'standard-webhooks',
  'replicate',
  'shopify',
  'twilio',
  'twilio json',
  'discord',
  'sendgrid',
  'paddle',
  'razorpay',
  'line',
  'sanity',
  'gocardless',
  'livekit',
  'bird',
  'aws-sns',
];

const bodies: Readonly<Record<string, () => string>> = {
  twilio: () => 'Body=hello%20w%C3%B6rld&MessageSid=SM1&MessageStatus=sent&MediaUrl=b&MediaUrl=a',
  sendgrid: () => '[{"event":"delivered","sg_event_id":"1"}]\r\n',
  gocardless: () => '{"events":[{"id":"EV1","resource_type":"payments","action":"paid_out"}]}',
  livekit: () => '{"event":"room_started","id":"EV_1"}',
  'aws-sns': () =>
    `{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:eu-central-1:123456789012:paggio-test","Subject":"created","Message":"hello","Timestamp":"","SignatureVersion":"2","Signature":"","SigningCertURL":"https://sns.eu-central-1.amazonaws.com/${randomUUID()}.pem"}`,
};

const headers: Readonly<Record<string, readonly string[]>> = {
  twilio: ['Content-Type', 'application/x-www-form-urlencoded'],
  shopify: [
    ...['Content-Type', 'application/json', 'X-Shopify-Topic', 'orders/create', 'X-Shopify-Api-Version', '2025-01'],
    ...['X-Shopify-Shop-Domain', 'a.myshopify.com', 'X-Shopify-Webhook-Id', 'w'],
  ],
};

/**
 * Paddle's package refuses requests older than five seconds, and loading the packages takes longer on a busy machine. It accepts
 * times in the future.
 */
const aheadMs: Readonly<Record<string, number>> = { paddle: 60_000 };

function signAs(name: string): ReceivedRequest {
  const provider = findProvider(name.split(' ')[0] as string);
  const scheme = provider?.schemes[provider.defaultScheme] as Scheme;
  const { secret, signingKey } = scheme.createTestSecret();
  const url = 'https://hooks.example.test/in/abc?x=1';
  const body = Buffer.from(
    bodies[name]?.() ?? '{"id":"evt_1","object":"event","type":"x.y","data":{"object":{"amount":1.10}}}',
  );
  const rawHeaders = headers[name] ?? ['Content-Type', 'application/json'];
  const settings = { api_key: 'key' };
  const parts = scheme.sign({
    method: 'POST',
    body,
    rawHeaders,
    secret: signingKey,
    publicUrl: url,
    timestamp: Date.now() + (aheadMs[name] ?? 0),
    id: 'msg_1',
    settings,
  });
  return {
    provider: provider?.name ?? '',
    bodyBase64: (parts.body ?? body).toString('base64'),
    rawHeaders: [...rawHeaders, ...parts.headers.flat()],
    secret,
    publicKey: signingKey.startsWith('-----')
      ? (createPublicKey(signingKey).export({ format: 'pem', type: 'spki' }) as string)
      : null,
    url: parts.query === undefined ? url : `${url}&${parts.query}`,
    settings,
  };
}

function withOtherBody(one: ReceivedRequest): ReceivedRequest {
  const text = Buffer.from(one.bodyBase64, 'base64').toString();
  return { ...one, bodyBase64: Buffer.from(text.replace(/(?<=[a-z])e(?=[a-z"])/, 'E')).toString('base64') };
}

const good = names.map(signAs);
const otherBody = good.map(withOtherBody);
const otherSecret = good.map((one, index) => {
  const { secret, publicKey } = signAs(names[index] as string);
  // A certificate is stored by its URL, so the foreign one needs its own URL.
  const body = Buffer.from(one.bodyBase64, 'base64').toString();
  const bodyBase64 = Buffer.from(body.replace(/[0-9a-f-]{36}(?=\.pem)/, () => randomUUID())).toString('base64');
  return { ...one, bodyBase64, secret, publicKey };
});

let result: VendorAnswers;

beforeAll(() => {
  result = askVendors([...good, ...otherBody, ...otherSecret]);
});

test('every vendor with a package is asked', () => {
  expect([...result.names].sort()).toEqual([...new Set(good.map(({ provider }) => provider))].sort());
});

describe("the vendor's own package accepts what is signed here, and refuses another body and another secret", () => {
  test.each(names.map((name, index) => [name, index] as const))('%s', (_, index) => {
    expect(otherBody[index]?.bodyBase64).not.toBe(good[index]?.bodyBase64);
    expect(result.answers[index]).toBeNull();
    expect(result.answers[names.length + index]).not.toBeNull();
    expect(result.answers[2 * names.length + index]).not.toBeNull();
  });
});

test('a token signed by LiveKit itself is accepted here', async () => {
  if (result.livekit === null) throw new Error('LiveKit has signed nothing.');
  const { body, jwt } = result.livekit;
  const made = createVerifier({
    provider: 'livekit',
    scheme: null,
    secrets: [{ value: 'a secret of livekit', expiresAt: null }],
    publicUrl: null,
    settings: {},
  });
  if (Array.isArray(made)) throw new Error(JSON.stringify(made));
  const check = (text: string): unknown =>
    made.verify({
      method: 'POST',
      target: '/in',
      headers: HeaderList.from({ Authorization: jwt }),
      body: Buffer.from(text),
      receivedAt: Date.now(),
    });
  expect(await check(body)).toMatchObject({ ok: true, bodyAuthenticated: true });
  expect(await check('{}')).toMatchObject({ ok: false });
});
