import { spawnSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue, HeaderList, providerHeaders } from '@paggio/providers';
import { Hops } from './hops';
import { outgoingHeaders, type OutgoingInput } from './outgoing-headers';
import { isReservedHeader } from '../transport/reserved-headers';
import { refusedPorts } from '../transport/refused-ports';

const PAGE = readFileSync(join(__dirname, '../../../../docs/delivery.md'), 'utf8');
const EVENT_ID = '0190f3c0-0000-7000-8000-000000000001';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OLD_SECRET = 'an older secret';
const BODY = Buffer.from('{"amount":1.10,"n":12345678901234567890}\n');

type Change = Partial<Omit<OutgoingInput, 'endpoint'>> & { endpoint?: Partial<OutgoingInput['endpoint']> };

function sent(change: Change = {}): string[] {
  const { endpoint, ...rest } = change;
  return outgoingHeaders({
    raw: [],
    body: BODY,
    custom: [],
    eventId: EVENT_ID,
    originId: EVENT_ID,
    verifiedBy: null,
    correlationId: null,
    attemptNumber: 1,
    nowMs: Date.now(),
    traceParent: null,
    hops: new Hops(Buffer.alloc(32, 1)),
    ...rest,
    endpoint: { secrets: [SECRET], forwardIdentityHeaders: false, verificationHeaders: new Set(), ...endpoint },
  });
}

const namesIn = (headers: readonly string[]): string[] => headers.filter((_text, index) => index % 2 === 0);
const valueIn = (headers: readonly string[], name: string): string | undefined => new HeaderList(headers).get(name);
const own = namesIn(sent());
/** The sender's headers that are forwarded. */
const forwarded = (raw: string[], change: Change = {}): string[] => {
  const all = sent({ raw, ...change });
  return all.slice(0, all.length - own.length * 2 - (change.custom?.length ?? 0) * 2);
};

test('headers that only a proxy should set are not forwarded in any spelling, and the others are unchanged', () => {
  const others = ['X-Event', 'a', 'x_custom', 'b', 'X-Hub-Signature-256', 'c', 'Accept', '*/*', 'Via', '1.1 edge'];
  const identity = ['X-Forwarded-For', 'x_forwarded_for', 'X-REAL-IP', 'Forwarded', 'X-Forwarded-User', 'Remote_User'];
  const raw = [...others.slice(0, 4), ...identity.flatMap((name) => [name, '127.0.0.1']), ...others.slice(4)];
  expect(forwarded(raw)).toEqual(others);
  expect(forwarded(raw, { endpoint: { forwardIdentityHeaders: true } })).toEqual(raw);
});

test('every header of every provider is forwarded', () => {
  for (const provider of catalogue) {
    const raw = [...providerHeaders(provider)]
      .filter((name) => !name.startsWith('webhook-'))
      .flatMap((name) => [name, 'value']);
    expect([provider.name, forwarded(raw)]).toEqual([provider.name, raw]);
  }
});

test("a header that the endpoint's verification reads is forwarded under any name", () => {
  const raw = ['X-Remote-User', 'signature', 'X-Remote-Group', 'admins'];
  expect(forwarded(raw, { endpoint: { verificationHeaders: new Set(['x-remote-user']) } })).toEqual(raw.slice(0, 2));
});

test('the endpoint may set such a header itself, and replaces every spelling that a sender uses', () => {
  const custom: [string, string][] = [
    ['X-Forwarded-User', 'gateway'],
    ['X-Internal-Token', 'right'],
  ];
  const raw = [
    'X-Forwarded-User',
    'admin',
    'X_Internal_Token',
    'wrong',
    'x-internal.token',
    'wrong',
    'X-Other',
    'kept',
  ];
  expect(forwarded(raw, { custom })).toEqual(['X-Other', 'kept']);
  expect(sent({ raw, custom }).slice(-4)).toEqual(custom.flat());
});

test('no sender can set a header of Paggio, in any spelling', () => {
  for (const name of [...own, 'Paggio-Webhook-Id', 'Paggio-Anything', 'X-PJ-Correlation-ID', 'Paggio-Rejection-Id']) {
    for (const spelling of [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replaceAll('-', '.')]) {
      const exactlyTheirs = /^webhook-(id|timestamp|signature)$/i.test(spelling);
      const leaves = namesIn(forwarded([spelling, 'forged']));
      // Senders of Standard Webhooks keep their own headers. Ours are then called paggio-webhook-*.
      expect([spelling, leaves]).toEqual([spelling, exactlyTheirs ? [spelling] : []]);
    }
  }
});

test('other spellings of connection headers are not forwarded, nor is Proxy', () => {
  const raw = ['Content_Length', '0', 'Transfer_Encoding', 'chunked', 'Proxy', 'http://evil.example', 'HOST', 'x'];
  expect(forwarded([...raw, 'Proxy_Authorization', 'x', 'Connection', 'X_Named', 'x_named', 'y'])).toEqual([]);
});

test("reserved headers are refused as a destination's own headers, and stored ones are not sent", () => {
  for (const name of [
    'paggio-verified',
    'paggio_verified',
    'paggio-new',
    'x_pj_signature',
    'webhook_id',
    'content_length',
  ])
    expect([name, isReservedHeader(name)]).toEqual([name, true]);
  for (const name of ['x-forwarded-user', 'x-token', 'paggio', 'x-paggio-verified', 'webhook-ids'])
    expect([name, isReservedHeader(name)]).toEqual([name, false]);
  const headers = sent({ custom: [['Paggio-Verified', 'stripe']] });
  expect(headers.filter((text) => /^paggio[-_]verified$/i.test(text))).toHaveLength(1);
  expect(valueIn(headers, 'paggio-verified')).toBe('none');
});

describe('Paggio-Verified-Signature', () => {
  /** Runs the receiver of the documentation in its own process. */
  function receive(deliveries: { headers: string[]; body?: Buffer; secret?: string }[]): string[] {
    const code = /```js\n(import \{ createHash[^]*?)```/.exec(PAGE)?.[1];
    if (!code) throw new Error('The documentation has no receiver.');
    const input = deliveries.map(({ headers, body = BODY, secret = SECRET }) => {
      const list = new HeaderList(headers);
      return [
        Object.fromEntries([...list.names()].map((name) => [name, list.get(name)])),
        body.toString('base64'),
        secret,
      ];
    });
    const main = `const input = ${JSON.stringify(input)};
      console.log(JSON.stringify(input.map(([headers, body, secret]) => verifiedBy(headers, Buffer.from(body, 'base64'), secret))));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code + main], {
      encoding: 'utf8',
      env: {},
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as string[];
  }
  const changed = (headers: string[], name: string, value: string): string[] =>
    headers.map((text, index) => (headers[index - 1] === name && index % 2 === 1 ? value : text));

  test('the receiver of the documentation accepts genuine headers', () => {
    const values = ['stripe', 'custom', 'api', null] as const;
    expect(receive(values.map((verifiedBy) => ({ headers: sent({ verifiedBy }) })))).toEqual([
      'stripe',
      'custom',
      'api',
      'none',
    ]);
  });

  test('while a secret is being replaced, both secrets verify', () => {
    const headers = sent({ verifiedBy: 'github', endpoint: { secrets: [SECRET, OLD_SECRET] } });
    expect(receive([SECRET, OLD_SECRET, 'another'].map((secret) => ({ headers, secret })))).toEqual([
      'github',
      'github',
      'none',
    ]);
  });

  test('the receiver accepts nothing that was changed, moved to another event, repeated later, or signed for another purpose', () => {
    const nobody = sent({ raw: ['Paggio-Verified', 'stripe', 'Paggio_Verified', 'stripe'] });
    const stripe = sent({ verifiedBy: 'stripe' });
    const other = sent({ verifiedBy: 'stripe', eventId: '0190f3c0-0000-7000-8000-000000000002' });
    // An anonymous sender chooses the body, which Standard Webhooks and X-PJ-Signature sign.
    const nowMs = Date.now();
    const t = String(Math.floor(nowMs / 1000));
    const hash = createHash('sha256').update(BODY).digest('hex');
    const chosen = sent({ nowMs, body: Buffer.from(`paggio-verified:${EVENT_ID}:${t}:stripe:${hash}`) });
    const [, webhookSignature = ''] = valueIn(chosen, 'webhook-signature')?.split(',') ?? [];
    const borrowed = [
      Buffer.from(webhookSignature, 'base64').toString('hex'),
      valueIn(chosen, 'x-pj-signature') ?? '',
    ].map((v1) =>
      changed(changed(nobody, 'Paggio-Verified', 'stripe'), 'Paggio-Verified-Signature', `t=${t},v1=${v1}`),
    );
    const signature = valueIn(stripe, 'paggio-verified-signature') ?? '';
    const forgeries = [
      { headers: nobody },
      { headers: changed(nobody, 'Paggio-Verified', 'stripe') },
      { headers: changed(stripe, 'Paggio-Verified', 'github') },
      { headers: stripe, body: Buffer.from('{"amount":999}') },
      { headers: changed(stripe, 'Paggio-Event-Id', valueIn(other, 'paggio-event-id') ?? '') },
      { headers: changed(stripe, 'Paggio-Verified-Signature', signature.replace(/t=\d+/, `t=${Number(t) + 60}`)) },
      { headers: changed(stripe, 'Paggio-Verified-Signature', '') },
      { headers: changed(stripe, 'Paggio-Verified-Signature', 'v1=zz,v1,,') },
      { headers: stripe.slice(0, stripe.indexOf('Paggio-Verified-Signature')) },
      { headers: sent({ verifiedBy: 'stripe', nowMs: nowMs - 3_600_000 }) },
      ...borrowed.map((headers) => ({ headers })),
    ];
    expect(receive(forgeries)).toEqual(forgeries.map(() => 'none'));
  });

  test('no provider has a name that means something else in this header', () => {
    for (const { name } of catalogue) expect(name).not.toMatch(/^(none|api|custom|unknown)$|:/);
  });

  test('the signature is made as the documentation says', () => {
    const headers = sent({ verifiedBy: 'stripe', nowMs: 1_700_000_000_999 });
    const hash = createHash('sha256').update(BODY).digest('hex');
    const text = `paggio-verified:${EVENT_ID}:1700000000:stripe:${hash}`;
    const v1 = createHmac('sha256', SECRET).update(text).digest('hex');
    expect(valueIn(headers, 'paggio-verified-signature')).toBe(`t=1700000000,v1=${v1}`);
  });
});

test('the documentation lists the ports that are refused', () => {
  const rows = [...PAGE.matchAll(/^ {2}\| ([a-z, ]+?) +\| ((?:\d+, )*\d+) +\|$/gm)];
  const listed = Object.fromEntries(rows.map(([, name, ports]) => [name, (ports as string).split(', ').map(Number)]));
  const sorted = Object.entries(refusedPorts).map(([name, ports]) => [name, [...ports].sort((a, b) => a - b)]);
  expect(listed).toEqual(Object.fromEntries(sorted));
});
