import { createPublicKey } from 'node:crypto';
import { createVerifier, findProvider, HeaderList, type KeyDirectory, type Scheme } from '../index';

const NOW = 1_700_000_000_000;

/** URLs that look like an allowed one to a person, to a prefix or suffix match, or to a parser that repairs URLs. */
function nearMisses(allowed: string): string[] {
  const { host, pathname, search } = new URL(allowed);
  const path = pathname + search;
  const of = (authority: string): string => `https://${authority}${path}`;
  const [first = '', ...rest] = host.split('.');
  return [
    `http://${host}${path}`,
    `ftp://${host}${path}`,
    `//${host}${path}`,
    `https:${host}${path}`,
    `https:/${host}${path}`,
    `https:\\\\${host}${path}`,
    `HTTPS://${host}${path}`,
    ` ${allowed}`,
    `${allowed} `,
    `${allowed}\n`,
    `\t${allowed}`,
    allowed.replace('https://', 'https://\t'),
    allowed.replace('https://', 'https://\n'),
    of(host.toUpperCase()),
    of(`${host}.`),
    of(`.${host}`),
    of(`${host}:443`),
    of(`${host}:8443`),
    of(`${host}:`),
    of(`user@${host}`),
    of(`user:password@${host}`),
    of(`@${host}`),
    of(`${host}@evil.test`),
    of(`${host}%40evil.test`),
    of(`evil.test%40${host}`),
    of(`evil.test\\@${host}`),
    of(`${host}.evil.test`),
    of(`evil-${host}`),
    of(`evil${host}`),
    of(`evil.${host}`),
    of(host.replaceAll('.', '-')),
    of(host.replace('.', '%2e')),
    of(host.replace('.', '%2E')),
    of(host.replace('.', '\u3002')),
    of(host.replace('a', '\uff41')),
    of(host.replace('a', '\u0430')),
    of(host.replace('s', '\u017f')),
    of(`${first}\u00ad.${rest.join('.')}`),
    of(`${host}\u0000`),
    of(`${host}\u2044evil.test`),
    of(`evil.test#${host}`),
    of(`evil.test?${host}`),
    of(`evil.test/${host}`),
    of(`evil.test\\${host}`),
    of(rest.join('.')),
    of('127.0.0.1'),
    of('[::1]'),
    of('localhost'),
    `https://evil.test/https://${host}${path}`,
    `https://${host}/../evil${path}`,
    `https://${host}/.${path}`,
    `https://${host}//evil.test${path}`,
    `https://${host}\\${path.slice(1)}`,
    `${allowed}#x`,
    `javascript:${allowed}`,
    `data:,${allowed}`,
    '',
    'nonsense',
  ].filter((url) => url !== allowed);
}

function counting(signingKey: string): KeyDirectory & { asked: string[] } {
  const pem = signingKey.slice(signingKey.indexOf('-----BEGIN'));
  const text = createPublicKey(pem).export({ format: 'pem', type: 'spki' }) as string;
  const asked: string[] = [];
  return {
    asked,
    fetch: (url) => (asked.push(url), Promise.resolve({ text })),
    post: () => Promise.resolve('absent'),
  };
}

interface Setting {
  verify: (url: string) => Promise<boolean>;
  confirms: (url: string) => Promise<boolean>;
  keys: ReturnType<typeof counting>;
}

function paypal(): Setting {
  const scheme = findProvider('paypal')?.schemes['certificate'] as Scheme;
  const pair = scheme.createTestSecret();
  const keys = counting(pair.signingKey);
  const body = Buffer.from('{"event_type":"x"}');
  const { headers } = scheme.sign({
    method: 'POST',
    body,
    rawHeaders: [],
    secret: pair.signingKey,
    publicUrl: null,
    timestamp: NOW,
    id: 'transmission-1',
  });
  const verifier = verifierOf('paypal', pair.secret, keys);
  const verify = async (url: string): Promise<boolean> => {
    const raw = headers.flatMap(([name, value]) => [name, name === 'paypal-cert-url' ? url : value]);
    return (await verifier.verify(request(raw, body))).ok;
  };
  return { verify, confirms: () => Promise.resolve(false), keys };
}

function sns(): Setting {
  const scheme = findProvider('aws-sns')?.schemes['rsa'] as Scheme;
  const pair = scheme.createTestSecret();
  const keys = counting(pair.signingKey);
  const verifier = verifierOf('aws-sns', pair.secret, keys);
  const signed = (fields: object): Buffer => {
    const message = {
      MessageId: 'm-1',
      TopicArn: pair.secret,
      Message: 'hello',
      Timestamp: '',
      SignatureVersion: '2',
      Signature: '',
      ...fields,
    };
    const input = { method: 'POST', rawHeaders: [], secret: pair.signingKey, publicUrl: null, timestamp: NOW, id: '' };
    return scheme.sign({ ...input, body: Buffer.from(JSON.stringify(message)) }).body as Buffer;
  };
  return {
    keys,
    verify: async (SigningCertURL) =>
      (await verifier.verify(request([], signed({ Type: 'Notification', SigningCertURL })))).ok,
    async confirms(SubscribeURL) {
      const SigningCertURL = certificates['aws-sns'][0];
      const asked = request([], signed({ Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL, SigningCertURL }));
      const verification = await verifier.verify(asked);
      expect(verification.ok).toBe(true);
      return verifier.handshake(asked, verification)?.confirmUrl === SubscribeURL;
    },
  };
}

function request(rawHeaders: string[], body: Buffer) {
  return { method: 'POST', target: '/in', headers: new HeaderList(rawHeaders), body, receivedAt: NOW };
}

function verifierOf(provider: string, secret: string, keys: KeyDirectory) {
  const secrets = [{ value: secret, expiresAt: null }];
  const verifier = createVerifier({ provider, scheme: null, secrets, publicUrl: null, settings: {} }, { keys });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  return verifier;
}

const certificates = {
  paypal: [
    'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270',
    'https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-ab66f33d',
    'https://api-m.paypal.com/v1/notifications/certs/CERT-1',
    'https://api-m.sandbox.paypal.com/v1/notifications/certs/CERT-1',
  ],
  'aws-sns': [
    'https://sns.us-west-2.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem',
    'https://sns.ap-southeast-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem',
    'https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem',
    'https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem',
  ],
} as const;

const settings = { paypal, 'aws-sns': sns };

describe.each(['paypal', 'aws-sns'] as const)('the certificate of %s', (provider) => {
  const { verify, keys } = settings[provider]();

  // The full check takes all hosts. The first and the last one of a provider differ most.
  const all = certificates[provider];
  const hosts = process.env['PAGGIO_FULL'] === '1' ? all : [all[0], all[3]];

  test.each(hosts)('is fetched from %s, and from no URL that only looks like it', async (allowed) => {
    keys.asked.length = 0;
    expect([await verify(allowed), keys.asked]).toEqual([true, [allowed]]);
    keys.asked.length = 0;
    for (const url of nearMisses(allowed)) expect([url, await verify(url)]).toEqual([url, false]);
    expect(keys.asked).toEqual([]);
  });
});

test('no other host or path of PayPal has certificates', async () => {
  const { verify, keys } = paypal();
  for (const url of [
    'https://www.paypal.com/v1/notifications/certs/CERT-1',
    'https://x.api.paypal.com/v1/notifications/certs/CERT-1',
    'https://api-x.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.sandbox.sandbox.paypal.com/v1/notifications/certs/CERT-1',
    'https://sandbox.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com/v1/notifications/certs/',
    'https://api.paypal.com/v1/notifications/certs/CERT-1/x',
    'https://api.paypal.com/v1/notifications/certs/..',
    'https://api.paypal.com/v1/notifications/certs/CERT.1',
    'https://api.paypal.com/v1/notifications/certs/CERT-1?x',
    'https://api.paypal.com/v1/notifications/certs/CERT%2d1',
    `https://api.paypal.com/v1/notifications/certs/${'C'.repeat(129)}`,
    'https://api.paypal.com/v2/notifications/certs/CERT-1',
    'https://api.paypal.com/CERT-1',
  ])
    expect([url, await verify(url)]).toEqual([url, false]);
  expect(keys.asked).toEqual([]);
});

test('a host that a customer of Amazon can own is not accepted as the notification service', async () => {
  const { confirms, verify, keys } = sns();
  for (const host of [
    'sns.s3-us-west-2.amazonaws.com',
    'sns.s3.us-west-2.amazonaws.com',
    'sns.s3.amazonaws.com',
    'sns.s3-website-us-west-2.amazonaws.com',
    'sns.s3-accelerate.amazonaws.com',
    'sns.elb.us-west-2.amazonaws.com',
    'sns.us-west-2.elb.amazonaws.com',
    'sns.execute-api.us-west-2.amazonaws.com',
    'sns.us-west-2.amazonaws.com.evil.cn',
    'sns.us-west-2.amazonaws.co',
    'sns-us-west-2.amazonaws.com',
    'sqs.us-west-2.amazonaws.com',
    'sns.us-west-22.amazonaws.com',
    'sns.us-west.amazonaws.com',
    'sns.us-2.amazonaws.com',
    'sns.usa-west-2.amazonaws.com',
    'sns.us--west-2.amazonaws.com',
  ]) {
    expect([host, await verify(`https://${host}/SimpleNotificationService-1.pem`)]).toEqual([host, false]);
    const confirmation = `https://${host}/?Action=ConfirmSubscription&Token=t`;
    expect([host, await confirms(confirmation)]).toEqual([host, false]);
  }
  for (const path of ['/', '/x', '/a/b.pem', '/..pem', '/x.pem?y', '/x.pem.exe', '/%2e.pem', `/${'x'.repeat(129)}.pem`])
    expect([path, await verify(`https://sns.us-west-2.amazonaws.com${path}`)]).toEqual([path, false]);
  expect(new Set(keys.asked)).toEqual(new Set([certificates['aws-sns'][0]]));
});

test('a subscription is confirmed only at the notification service', async () => {
  const { confirms } = sns();
  const allowed =
    'https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-west-2:123456789012:MyTopic&Token=2336412f37';
  expect(await confirms(allowed)).toBe(true);
  for (const url of nearMisses(allowed)) expect([url, await confirms(url)]).toEqual([url, false]);
  for (const path of [
    '/x?Action=ConfirmSubscription',
    '/',
    '/?',
    '/?a#b',
    '/?a b',
    '/?a\u00e4',
    `/?${'a'.repeat(2049)}`,
  ])
    expect([path, await confirms(`https://sns.us-west-2.amazonaws.com${path}`)]).toEqual([path, false]);
});
