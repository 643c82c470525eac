import { createHmac } from 'node:crypto';
import { createVerifier, HeaderList, type Verification } from './index';

const NOW = 1_795_000_000_000;
const TOKEN = 'ab'.repeat(25);
const at = String(NOW / 1000);
const signature = createHmac('sha256', 'k')
  .update(at + TOKEN)
  .digest('hex');

async function verify(type: string, body: string): Promise<Verification> {
  const secrets = [{ value: 'k', expiresAt: null }];
  const verifier = createVerifier({ provider: 'mailgun', scheme: null, secrets, publicUrl: null, settings: {} });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const headers = HeaderList.from({ 'Content-Type': type });
  return verifier.verify({ method: 'POST', target: '/in', headers, body: Buffer.from(body), receivedAt: NOW });
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

test('Mailgun signs inbound mail in the fields of a form, urlencoded or multipart', async () => {
  const form = 'application/x-www-form-urlencoded';
  const parts = 'multipart/form-data; boundary=x';
  const file = '--x\r\nContent-Disposition: form-data; name="signature"; filename="a"\r\n\r\n\u0000binary\r\n';
  expect(await verify(form, new URLSearchParams(fields).toString())).toMatchObject({ ok: true });
  expect(await verify(parts, multipart(fields, file))).toMatchObject({ ok: true });
  const twice: [string, string][] = [...fields, ['signature', signature]];
  expect(await verify(form, new URLSearchParams(twice).toString())).toMatchObject({ ok: false });
  expect(await verify(parts, multipart(twice))).toMatchObject({ ok: false });
  const changed = fields.map(([name, value]): [string, string] => [name, name === 'token' ? `x${value}` : value]);
  expect(await verify(form, new URLSearchParams(changed).toString())).toMatchObject({ ok: false });
  expect(await verify(parts, multipart(changed))).toMatchObject({ ok: false });
});

test("Slack's check of a certificate is answered unsigned, and a command is not", () => {
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
