import { createHmac } from 'node:crypto';
import { createVerifier, eventTypeOf, findProvider, HeaderList, type Verification, type WebhookRequest } from './index';

const NOW = 1_795_000_000_000;
const FORM = 'application/x-www-form-urlencoded';
const PARTS = 'multipart/form-data; boundary=x';
const TOKEN = 'ab'.repeat(25);
const at = String(NOW / 1000);
const signature = createHmac('sha256', 'k')
  .update(at + TOKEN)
  .digest('hex');

function requestOf(type: string, body: string): WebhookRequest {
  const headers = HeaderList.from({ 'Content-Type': type });
  return { method: 'POST', target: '/in', headers, body: Buffer.from(body), receivedAt: NOW };
}

async function verify(type: string, body: string): Promise<Verification> {
  const secrets = [{ value: 'k', expiresAt: null }];
  const verifier = createVerifier({ provider: 'mailgun', scheme: null, secrets, publicUrl: null, settings: {} });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  return verifier.verify(requestOf(type, body));
}

const fields: [string, string][] = [
  ['recipient', 'in@example.com'],
  ['timestamp', at],
  ['token', TOKEN],
  ['signature', signature],
];

function multipart(parts: string[][], more = ''): string {
  const texts = parts.map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${texts.join('')}${more}--x--\r\n`;
}

test('Mailgun signs inbound mail in fields of a form, urlencoded or multipart', async () => {
  const file = '--x\r\nContent-Disposition: form-data; name="signature"; filename="a"\r\n\r\n\u0000binary\r\n';
  expect(await verify(FORM, new URLSearchParams(fields).toString())).toMatchObject({ ok: true });
  expect(await verify(PARTS, multipart(fields, file))).toMatchObject({ ok: true });
  const twice: [string, string][] = [...fields, ['signature', signature]];
  expect(await verify(FORM, new URLSearchParams(twice).toString())).toMatchObject({ ok: false });
  expect(await verify(PARTS, multipart(twice))).toMatchObject({ ok: false });
  const changed = fields.map(([name, value]): [string, string] => [name, name === 'token' ? `x${value}` : value]);
  expect(await verify(FORM, new URLSearchParams(changed).toString())).toMatchObject({ ok: false });
  expect(await verify(PARTS, multipart(changed))).toMatchObject({ ok: false });
});

const mailgun = findProvider('mailgun');

/** The type and delivery id that the catalogue's rules for Mailgun read. */
function namesOf(type: string, body: string): unknown[] {
  const request = requestOf(type, body);
  return [eventTypeOf(request, mailgun), mailgun?.deliveryId(request)];
}

test('a form of Mailgun, urlencoded or multipart, has a type and an id for de-duplication', () => {
  expect(namesOf(FORM, new URLSearchParams(fields).toString())).toEqual(['inbound', TOKEN]);
  expect(namesOf(PARTS, multipart(fields))).toEqual(['inbound', TOKEN]);
  const bounced: [string, string][] = [['event', 'bounced'], ...fields];
  expect(namesOf(FORM, new URLSearchParams(bounced).toString())).toEqual(['bounced', TOKEN]);
  expect(namesOf(PARTS, multipart(bounced))).toEqual(['bounced', TOKEN]);
});

test.each([
  ['a file named like a field', '--x\r\nContent-Disposition: form-data; name="token"; filename="a"\r\n\r\nfile\r\n'],
  [
    'a file with a name in another charset',
    `--x\r\nContent-Disposition: form-data; name="token"; filename*=UTF-8''a\r\n\r\nf\r\n`,
  ],
  [
    'another boundary that begins like this one',
    '--xy\r\nContent-Disposition: form-data; name="token"\r\n\r\nother\r\n',
  ],
  ['a part without a name', '--x\r\nContent-Type: text/plain\r\n\r\nother\r\n'],
  ['a part that names itself twice', '--x\r\nContent-Disposition: form-data; name="a"; name="token"\r\n\r\nother\r\n'],
])('%s is not a field of the form', async (_what, part) => {
  const body = part + multipart(fields);
  expect(await verify(PARTS, body)).toMatchObject({ ok: true });
  expect(namesOf(PARTS, body)).toEqual(['inbound', TOKEN]);
});

test.each([
  ['a token as its name', PARTS, 'name=token'],
  ['more parameters', PARTS, 'name="token"; charset=utf-8'],
  ['a quoted boundary', 'multipart/form-data; charset=utf-8; boundary="x"', 'name="token"'],
  ['capitals', 'Multipart/Form-Data; Boundary=x', 'NAME="token"'],
])('a multipart form may be written with %s', async (_what, type, name) => {
  const body = multipart(fields).replace('name="token"', name);
  expect(await verify(type, body)).toMatchObject({ ok: true });
  expect(namesOf(type, body)[1]).toBe(TOKEN);
});

test('a multipart form that was cut off or has too many parts is refused', async () => {
  const cut = multipart(fields).slice(0, -10);
  expect(await verify(PARTS, cut)).toMatchObject({ ok: false, reason: 'missing_signature' });
  const many = multipart(Array.from({ length: 20_001 }, () => ['a', 'b'])).replace(/--x--\r\n$/, multipart(fields));
  expect(await verify(PARTS, many)).toMatchObject({ ok: false, reason: 'body_too_large_to_read' });
});

test("a webhook of a subaccount is signed by its own key or by its parent account's", async () => {
  const signed = (key: string, token: string): object => ({
    token,
    timestamp: at,
    signature: createHmac('sha256', key)
      .update(at + token)
      .digest('hex'),
  });
  const body = (own: object | undefined, parent: object | undefined): string =>
    JSON.stringify({ signature: own, 'parent-signature': parent, 'event-data': { event: 'opened' } });
  const JSON_TYPE = 'application/json';
  const parent = 'cd'.repeat(25);
  expect(await verify(JSON_TYPE, body(signed('other', TOKEN), signed('k', parent)))).toMatchObject({ ok: true });
  expect(await verify(JSON_TYPE, body(signed('k', TOKEN), signed('other', parent)))).toMatchObject({ ok: true });
  expect(await verify(JSON_TYPE, body(undefined, signed('k', parent)))).toMatchObject({ ok: true });
  // The fields of one signature never count for the other.
  const mixed = { ...signed('k', parent), token: TOKEN };
  for (const wrong of [body(signed('other', TOKEN), signed('other', parent)), body(signed('other', TOKEN), mixed)])
    expect(await verify(JSON_TYPE, wrong)).toMatchObject({ ok: false, reason: 'wrong_signature' });
  expect(namesOf(JSON_TYPE, body(signed('other', TOKEN), signed('k', parent)))).toEqual(['opened', TOKEN]);
});

test("Slack's check of a certificate is answered without a signature, and a command is not", () => {
  const secrets = [{ value: 'k', expiresAt: null }];
  const slack = createVerifier({ provider: 'slack', scheme: null, secrets, publicUrl: null, settings: {} });
  if (Array.isArray(slack)) throw new Error(JSON.stringify(slack));
  const answer = (body: string): number | undefined => {
    const headers = HeaderList.from({ 'Content-Type': 'application/x-www-form-urlencoded' });
    const request = { method: 'POST', target: '/in', headers, body: Buffer.from(body), receivedAt: NOW };
    return slack.handshake(request, { ok: false, reason: 'missing_signature' })?.status;
  };
  expect(answer('ssl_check=1&token=x')).toBe(200);
  for (const body of ['ssl_check=11&token=x', 'ssl_check=1&command=%2Fdeploy', 'ssl_check=0', 'token=x'])
    expect([body, answer(body)]).toEqual([body, undefined]);
});
