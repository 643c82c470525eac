import { createPublicKey } from 'node:crypto';
import {
  catalogue,
  createVerifier,
  HeaderList,
  type KeyDirectory,
  type Provider,
  type Scheme,
} from '@paggio/providers';
import { askVendors, type ReceivedRequest } from '@paggio/providers/testing';
import { owner, Recorder, startGateway, type RecordedRequest, type TestGateway } from '../testing';
import { environments } from '../endpoints/environment';
import type { ReplayTarget } from './replays';

// Replays every scheme of the catalogue with a new signature to every possible target. The request is checked on
// arrival, unchanged, by the verifier of a receiver and by the vendor's own package.

let gateway: TestGateway;
/** `home` is the endpoint's own destination, `away` another host. */
let home: Recorder;
let away: Recorder;

beforeAll(async () => {
  home = await Recorder.start();
  away = await Recorder.start();
  gateway = await startGateway({
    stagingHost: `127.0.0.1:${away.port}`,
    localUrl: away.url(''),
  });
});

afterAll(async () => {
  await gateway.stop();
  await home.stop();
  await away.stop();
});

const full = process.env['PAGGIO_FULL'] !== undefined;

const SETTINGS: Readonly<Record<string, Record<string, string>>> = { livekit: { api_key: 'key' } };

/** Bodies with the places where some schemes write their signature. */
const BODIES: Readonly<Record<string, string>> = {
  adyen:
    '{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"old"},"pspReference":"7914073381342284","merchantAccountCode":"M","merchantReference":"R","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true"}}]}',
  mailgun: '{"signature":{"timestamp":"1","token":"t","signature":"s"},"event-data":{"event":"opened","n":1.10}}',
  'microsoft-graph': '{"value":[{"id":"1","clientState":"x","changeType":"created"}]}',
  'aws-sns':
    '{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:eu-central-1:123456789012:paggio-test","Message":"hello","Timestamp":"x","SignatureVersion":"2","Signature":"x","SigningCertURL":"https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"}',
  gocardless: '{"events":[{"id":"EV1","resource_type":"payments","action":"paid_out"}]}',
  livekit: '{"event":"room_started","id":"EV_1"}',
};

interface Subject {
  provider: Provider;
  schemeName: string;
  scheme: Scheme;
  secret: string;
  signingKey: string;
  eventId: string;
}

/** A value that is never a signature. */
const OLD = 'an-old-value';

/** A message that is signed again keeps its id, and the URL of its certificate. */
const KEPT = new Set(['paypal-transmission-id', 'paypal-cert-url']);

/** Captures an event with stale values in every signature header of the provider. */
async function subjectOf(
  provider: Provider,
  schemeName: string,
  form: boolean,
  {
    destinationHeaders = {},
    connection = 'keep-alive',
  }: { destinationHeaders?: Record<string, string>; connection?: string } = {},
): Promise<Subject> {
  const scheme = provider.schemes[schemeName] as Scheme;
  const { secret, signingKey } = scheme.createTestSecret();
  const { paggio } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 's',
    destinationUrl: home.url('/in?own=1'),
    headers: destinationHeaders,
  });
  // Verification is off, so the event is accepted with a stale signature. Its replays are signed with the secrets of
  // the environments.
  const received = await paggio.host.capture.receive(await paggio.host.capture.route(endpoint.slug, 'POST'), {
    method: 'POST',
    path: `/api/webhook/${endpoint.slug}`,
    query: 'came=2',
    rawHeaders: [
      ...['Content-Type', form ? 'application/x-www-form-urlencoded' : 'application/json', 'Connection', connection],
      ...['X-Shopify-Topic', 'orders/create', 'X-Shopify-Shop-Domain', 'a.myshopify.com'],
      ...['X-Shopify-Api-Version', '2025-01', 'X-Shopify-Webhook-Id', 'w', 'Authorization', OLD],
      ...[...provider.signatureHeaders].flatMap((name) => (KEPT.has(name) ? [] : [name, OLD])),
    ],
    body: Buffer.from(form ? 'b=2&a=1%20x&a=3' : (BODIES[provider.name] ?? '{"type":"t","amount":1.10}\r\n')),
    remoteAddr: null,
  });
  await paggio.admin.endpoints.update(owner, endpoint.id, {
    verification: {
      provider: provider.name,
      scheme: schemeName,
      secrets: [secret],
      settings: SETTINGS[provider.name] ?? {},
      publicUrl: provider.signsUrl(schemeName) ? 'https://hooks.example.test/in' : undefined,
      replaySecrets: Object.fromEntries(environments.map((name) => [name, signingKey])),
    },
  });
  const eventId = Object.fromEntries(received.headers)['Paggio-Event-Id'] as string;
  return { provider, schemeName, scheme, secret, signingKey, eventId };
}

function publicPem(signingKey: string): string | null {
  const start = signingKey.indexOf('-----BEGIN');
  if (start < 0) return null;
  return createPublicKey(signingKey.slice(start)).export({ format: 'pem', type: 'spki' }) as string;
}

/** Our own verifier, as a receiver at this URL would configure it. */
async function verified({ provider, schemeName, secret, signingKey }: Subject, got: Received): Promise<unknown> {
  const found = (): Promise<{ text: string }> => Promise.resolve({ text: publicPem(signingKey) ?? '' });
  const keys: KeyDirectory = { fetch: found, post: found };
  const config = {
    provider: provider.name,
    scheme: schemeName,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: got.url,
    settings: SETTINGS[provider.name] ?? {},
  };
  const verifier = createVerifier(config, { keys });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const { method, url: target, rawHeaders, body } = got.request;
  return verifier.verify({ method, target, headers: new HeaderList(rawHeaders), body, receivedAt: Date.now() });
}

interface Received {
  request: RecordedRequest;
  url: string;
}

const targets: (ReplayTarget & { includeCredentials: boolean })[] = [true, false].flatMap((includeCredentials) => [
  ...environments.map((environment) => ({ environment, includeCredentials })),
  { destinationUrl: '', includeCredentials },
]);

async function replayed(
  { eventId }: Subject,
  { includeCredentials, ...target }: (typeof targets)[number],
): Promise<Received> {
  const elsewhere = away.url('/else/where?x=1');
  const sentTo: ReplayTarget =
    'destinationUrl' in target ? { destinationUrl: elsewhere } : { ...target, customUrl: elsewhere };
  const result = await gateway.paggio.admin.replays.send(owner, eventId, sentTo, { resign: true, includeCredentials });
  const recorder = 'environment' in target && target.environment === 'original' ? home : away;
  const request = recorder.requests.at(-1) as RecordedRequest;
  expect(result.status).toBe('delivered');
  return { request, url: `http://127.0.0.1:${recorder.port}${request.url}` };
}

/** The header lines with one of these names. */
function valuesOf({ request }: Received, names: ReadonlySet<string>): [string, string][] {
  return request.rawHeaders.flatMap((text, i, all): [string, string][] =>
    i % 2 === 0 && names.has(text.toLowerCase()) ? [[text.toLowerCase(), all[i + 1] as string]] : [],
  );
}

/**
 * The properties that decide how a replay carries its signature. One scheme of each shape is tried, and all in the full
 * check.
 */
function shapeOf({ spec, schemes }: Provider, name: string): string {
  const one = spec.schemes[name] as unknown as Record<string, unknown>;
  const { credentialHeaders = [], signingHeaders = [] } = schemes[name] ?? {};
  const place = [...signingHeaders, ...credentialHeaders].map((header) =>
    /^(authorization|webhook-|svix-)/.test(header) ? header : 'own',
  );
  const members = [
    'kind',
    'query',
    'queryParameter',
    'body',
    'basic',
    'bodyHash',
    'prefix',
    'prefixOptional',
    'constants',
  ];
  const rest = [one['kind'], ...members.map((key) => one[key] !== undefined)];
  return JSON.stringify([place, rest, one['companions'] !== undefined, (spec.signatureHeaders ?? []).length > 0]);
}

const shapes = new Set<string>();

/** Twilio and Mandrill sign forms. Twilio signs other bodies too. */
const cases = catalogue.flatMap((provider) =>
  Object.keys(provider.schemes).flatMap((name) => {
    const shape = shapeOf(provider, name);
    if (!full && shapes.has(shape)) return [];
    shapes.add(shape);
    const urlFields = provider.schemes[name]?.kind === 'url-fields';
    const forms = !urlFields ? [false] : provider.name === 'twilio' ? [true, false] : [true];
    return forms.map((form) => [`${provider.name}, ${name}${form ? ', form' : ''}`, provider, name, form] as const);
  }),
);

const judged: { what: string; request: ReceivedRequest }[] = [];

test.each(cases)('a replay with a new signature is accepted at every target: %s', async (_, provider, name, form) => {
  const subject = await subjectOf(provider, name, form);
  const carriesCredential = subject.scheme.credentialHeaders.length > 0;
  const signsUrl = provider.signsUrl(name);
  for (const target of targets) {
    if (!full && !carriesCredential && target.includeCredentials) continue;
    // A signature that does not cover the URL is the same at each of the other targets.
    if (!full && !signsUrl && 'environment' in target && target.environment !== 'original') continue;
    const what = JSON.stringify({ ...target, provider: provider.name, name });
    const got = await replayed(subject, target);
    expect([what, await verified(subject, got)]).toEqual([what, expect.objectContaining({ ok: true })]);
    // Every signature header is either replaced or left out, and occurs at most once.
    const signatures = valuesOf(got, provider.signatureHeaders);
    expect([what, signatures.filter(([, value]) => value === OLD)]).toEqual([what, []]);
    expect([what, new Set(signatures.map(([header]) => header)).size]).toEqual([what, signatures.length]);
    if (name !== provider.defaultScheme) continue;
    judged.push({
      what,
      request: {
        provider: provider.name,
        rawHeaders: got.request.rawHeaders,
        bodyBase64: got.request.body.toString('base64'),
        url: got.url,
        secret: subject.secret,
        settings: SETTINGS[provider.name] ?? {},
        publicKey: publicPem(subject.signingKey),
      },
    });
  }
});

test("the vendors' own packages accept the replays exactly as they arrived", () => {
  const { names, answers } = askVendors(judged.map(({ request }) => request));
  // Paddle's package refuses signatures older than five seconds, so it is used only where it can check at once.
  const able = judged
    .map(({ what, request }, index) => ({ what, provider: request.provider, answer: answers[index] }))
    .filter(({ provider }) => names.includes(provider) && provider !== 'paddle');
  expect(able.length).toBeGreaterThan(0);
  expect(able.map(({ what, answer }) => [what, answer])).toEqual(able.map(({ what }) => [what, null]));
});

test.each([
  ['livekit', 'jwt', 'authorization'],
  ['auth0', 'token', 'authorization'],
  ['github', 'sha256', 'x-hub-signature-256'],
])('no header of the destination or the connection removes a new signature: %s', async (name, schemeName, header) => {
  const provider = catalogue.find((one) => one.name === name) as Provider;
  const subject = await subjectOf(provider, schemeName, false, {
    destinationHeaders: { [header]: 'of the destination' },
    connection: `keep-alive, ${header}`,
  });
  const got = await replayed(subject, { environment: 'original', includeCredentials: false });
  expect(valuesOf(got, new Set([header]))).toHaveLength(1);
  expect(await verified(subject, got)).toMatchObject({ ok: true });
});
