import {
  createVerifier,
  findProvider,
  HeaderList,
  sample,
  sampleEventTypes,
  type Provider,
  type Scheme,
  type TestSecret,
} from '@paggio/providers';
import { owner, Recorder, settled, startGateway, type RecordedRequest, type TestGateway } from '@paggio/core/testing';
import { Judge, languages, prepare, type Answer, type Library } from './testing/judge';

// The vendors' own libraries in Python, Go and Java check what a gateway sends, and a gateway checks what they sign. They are
// installed into a cache folder. If that is not possible, the run says so and goes on.

/** Libraries that are not used, with the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'PayPal, Plaid and Amazon SNS (all languages)': 'their libraries fetch the key from the vendor',
  'Shopify (Python)': 'there is no program for it yet; an npm package judges the same vendor',
};

const SETTINGS: Readonly<Record<string, Record<string, string>>> = { livekit: { api_key: 'APIkey' } };

let gateway: TestGateway;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await Recorder.start();
  gateway = await startGateway({ publicUrl: 'https://hooks.example.test' });
  for (const [what, why] of Object.entries(LEFT_OUT)) process.stderr.write(`NOT JUDGED: ${what}: ${why}\n`);
});

afterAll(async () => {
  await gateway.stop();
  await recorder.stop();
});

/** A provider as a library knows it, with an endpoint that forwards to the recorder. */
interface Subject {
  provider: Provider;
  scheme: Scheme;
  pair: TestSecret;
  endpointId: string;
  publicUrl: string;
}

async function subjectOf({ provider: name }: Library): Promise<Subject> {
  const provider = findProvider(name) as Provider;
  const scheme = provider.schemes[provider.defaultScheme] as Scheme;
  const pair = scheme.createTestSecret();
  const publicUrl = recorder.url('/in');
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 'judged',
    destinationUrl: publicUrl,
    verification: {
      provider: name,
      secrets: [pair.secret],
      settings: SETTINGS[name] ?? {},
      replaySecrets: { original: pair.signingKey, custom: pair.signingKey },
      // Bird signs the URL too if it is known.
      ...(provider.signsUrl(provider.defaultScheme) || name === 'bird' ? { publicUrl } : {}),
    },
  });
  return { provider, scheme, pair, endpointId: endpoint.id, publicUrl };
}

interface Arrived {
  request: RecordedRequest;
  what: string;
}

/** Sends every sample as a test event, and replays each to two places with a new signature. */
async function* sent({ provider, scheme, pair, endpointId }: Subject): AsyncGenerator<Arrived> {
  const { paggio } = gateway;
  const last = (what: string): Arrived => ({ what, request: recorder.requests.at(-1) as RecordedRequest });
  const types = sampleEventTypes(provider.name);
  for (const type of types.length > 0 ? types : ['my.own']) {
    const eventId = await paggio.admin.testEvents.send(owner, endpointId, type);
    expect(await settled(paggio, owner, eventId)).toMatchObject({ status: 'delivered' });
    if (scheme.signingKeyProblem(pair.secret) === null) yield last(`test event ${type}`);
    const customUrl = recorder.url('/custom?x=a%20b');
    await paggio.admin.replays.send(owner, eventId, { environment: 'custom', customUrl }, { resign: true });
    yield last(`replay of ${type} to a URL of one's own`);
    await paggio.admin.replays.send(owner, eventId, { environment: 'original' }, { resign: true });
    yield last(`replay of ${type} to the destination`);
  }
}

function lowered(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    headers[name] = name in headers ? `${headers[name]}, ${rawHeaders[i + 1]}` : (rawHeaders[i + 1] as string);
  }
  return headers;
}

/** Changes a character of what is signed, so that the body keeps its form. */
function changed(body: Buffer, { scheme }: Subject): Buffer {
  const text = body.toString();
  const other =
    // Mailgun signs two fields of the body, and not the event next to them.
    scheme.kind === 'body-fields'
      ? text.replace(/(?<="token": ?")./, otherDigit)
      : text.includes('1130')
        ? text.replace('1130', '1131')
        : text.replace(/\d(?=\D*$)/, otherDigit);
  expect(other).not.toBe(text);
  return Buffer.from(other);
}

const otherDigit = (digit: string): string => (digit === '1' ? '2' : '1');

function verifierOf({ provider, pair }: Subject, publicUrl: string): (request: RecordedRequest) => Promise<boolean> {
  const verifier = createVerifier({
    provider: provider.name,
    scheme: null,
    secrets: [{ value: pair.secret, expiresAt: null }],
    publicUrl,
    settings: SETTINGS[provider.name] ?? {},
  });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  return async ({ method, url, rawHeaders, body }) => {
    const headers = new HeaderList(rawHeaders);
    return (await verifier.verify({ method, target: url, headers, body, receivedAt: Date.now() })).ok;
  };
}

describe.each(languages)('libraries in %s', (language) => {
  const made = prepare(language);
  if ('missing' in made) {
    process.stderr.write(`\nNOT JUDGED: the libraries in ${language}: ${made.missing}\n\n`);
    test.skip(`not installed: ${made.missing}`, () => undefined);
    return;
  }
  const { command, libraries } = made;
  let judge: Judge;

  beforeAll(async () => {
    judge = new Judge(command);
    await judge.ready();
  }, 120_000);

  afterAll(() => judge.stop());

  const asked = ({ name, provider }: Library, request: RecordedRequest, secret: string): Promise<Answer> =>
    judge.ask({
      ask: 'verify',
      library: name,
      method: request.method,
      url: `http://127.0.0.1:${recorder.port}${request.url}`,
      headers: lowered(request.rawHeaders),
      body: request.body.toString('base64'),
      secret,
      settings: SETTINGS[provider] ?? {},
    });

  test.each(libraries.map((library) => [library.name, library] as const))(
    '%s accepts test events and replays with a new signature, and refuses another body and another secret',
    async (_, library) => {
      const subject = await subjectOf(library);
      const { scheme, pair } = subject;
      // The first question loads the library, and Paddle's refuses signatures older than five seconds.
      await asked(
        library,
        { method: 'POST', url: '/', rawHeaders: [], headers: {}, body: Buffer.from('{}') },
        pair.secret,
      );
      for await (const { what, request } of sent(subject)) {
        expect([what, await asked(library, request, pair.secret)]).toEqual([what, { accepted: true }]);
        const forged = await asked(library, { ...request, body: changed(request.body, subject) }, pair.secret);
        expect([what, forged]).toEqual([what, { refused: expect.any(String) }]);
        const foreign = await asked(library, request, scheme.createTestSecret().secret);
        expect([what, foreign]).toEqual([what, { refused: expect.any(String) }]);
      }
    },
    120_000,
  );

  test.each(libraries.filter(({ signs }) => signs).map((library) => [library.name, library] as const))(
    'a request that %s signs is verified here, and one with another body is not',
    async (_, library) => {
      const subject = await subjectOf(library);
      const { provider, pair, publicUrl } = subject;
      const made = sample(provider.name);
      const body = made?.body ?? Buffer.from('{"type":"my.own","amount":1.10,"name":"Zoë – 日本語 😀"}');
      const rawHeaders = made?.rawHeaders ?? ['Content-Type', 'application/json'];
      const answer = await judge.ask({
        ask: 'sign',
        library: library.name,
        method: 'POST',
        url: publicUrl,
        headers: lowered(rawHeaders),
        body: body.toString('base64'),
        secret: pair.signingKey,
        settings: SETTINGS[provider.name] ?? {},
      });
      expect(answer).toMatchObject({ headers: expect.any(Object) });
      const request: RecordedRequest = {
        method: 'POST',
        url: '/in',
        rawHeaders: [...rawHeaders, ...Object.entries(answer.headers ?? {}).flat()],
        headers: {},
        body: answer.body === undefined ? body : Buffer.from(answer.body, 'base64'),
      };
      const verified = verifierOf(subject, publicUrl);
      expect(await verified(request)).toBe(true);
      expect(await verified({ ...request, body: changed(request.body, subject) })).toBe(false);
    },
    120_000,
  );
});
