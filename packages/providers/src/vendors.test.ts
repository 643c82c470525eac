import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { createVerifier, findProvider, HeaderList, type Scheme } from './index';

// The vendors' own packages judge what `sign` makes: the same facts, read by somebody else.

interface Signed {
  provider: string;
  body: string;
  headers: Record<string, string>;
  secret: string;
  publicKey: string | null;
  url: string;
  query: string | null;
}

const providers = [
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

const bodies: Readonly<Record<string, string>> = {
  twilio: 'Body=hello%20w%C3%B6rld&MessageSid=SM1&MessageStatus=sent',
  sendgrid: '[{"event":"delivered","sg_event_id":"1"}]\r\n',
  gocardless: '{"events":[{"id":"EV1","resource_type":"payments","action":"paid_out"}]}',
  livekit: '{"event":"room_started","id":"EV_1"}',
  'aws-sns':
    '{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:eu-central-1:123456789012:paggio-test","Subject":"created","Message":"hello","Timestamp":"","SignatureVersion":"2","Signature":"","SigningCertURL":"https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"}',
};

/**
 * Paddle's package refuses what is older than five seconds, and on a busy machine the judges take longer to load. It has
 * nothing against the future.
 */
const aheadMs: Readonly<Record<string, number>> = { paddle: 60_000 };

function signAs(name: string): Signed {
  const provider = findProvider(name.split(' ')[0] as string);
  const scheme = provider?.schemes[provider.defaultScheme] as Scheme;
  const { secret, signingKey } = scheme.createTestSecret();
  const url = 'https://hooks.example.test/in/abc?x=1';
  const body = Buffer.from(
    bodies[name] ?? '{"id":"evt_1","object":"event","type":"x.y","data":{"object":{"amount":1.10}}}',
  );
  const parts = scheme.sign({
    method: 'POST',
    body,
    rawHeaders: ['Content-Type', name === 'twilio' ? 'application/x-www-form-urlencoded' : 'application/json'],
    secret: signingKey,
    publicUrl: url,
    timestamp: Date.now() + (aheadMs[name] ?? 0),
    id: 'msg_1',
    settings: name === 'livekit' ? { api_key: 'key' } : {},
  });
  return {
    provider: name,
    body: (parts.body ?? body).toString(),
    headers: Object.fromEntries(parts.headers),
    secret,
    publicKey: signingKey.startsWith('-----')
      ? (createPublicKey(signingKey).export({ format: 'pem', type: 'spki' }) as string)
      : null,
    url,
    query: parts.query ?? null,
  };
}

const good = providers.map(signAs);
const otherBody = good.map((one) => ({ ...one, body: one.body.replace(/(?<=[a-z])e(?=[a-z"])/, 'E') }));
const otherSecret = good.map((one) => {
  const { secret, publicKey } = signAs(one.provider);
  return { ...one, secret, publicKey };
});

let result: { names: string[]; answers: (string | null)[]; livekit: { body: string; jwt: string } };

beforeAll(() => {
  const child = spawnSync(process.execPath, [join(__dirname, 'testing/vendors.mjs')], {
    input: JSON.stringify([...good, ...otherBody, ...otherSecret]),
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  });
  if (child.status !== 0) throw new Error(child.stderr);
  result = JSON.parse(child.stdout.slice(child.stdout.lastIndexOf('\n'))) as typeof result;
});

test('every vendor that can judge is asked', () => {
  expect([...result.names].sort()).toEqual([...providers].sort());
});

describe("the vendor's own package accepts what is signed here, and refuses another body and another secret", () => {
  test.each(providers.map((name, index) => [name, index] as const))('%s', (_, index) => {
    expect(otherBody[index]?.body).not.toBe(good[index]?.body);
    expect(result.answers[index]).toBeNull();
    expect(result.answers[providers.length + index]).not.toBeNull();
    expect(result.answers[2 * providers.length + index]).not.toBeNull();
  });
});

test('a token that LiveKit signs itself is accepted here', async () => {
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
