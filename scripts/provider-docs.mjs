// Writes docs/providers from the built catalogue: one page for each provider, and an index. With --check it only
// compares, and lists the pages that are out of date. --check-words does the same without Prettier, whose work takes
// most of the time, so it does not see blank lines and the widths of columns.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { catalogue, describeValue, sampleEventTypes } = require('../packages/providers/dist/index.js');
const directory = new URL('../docs/providers/', import.meta.url);

const meanings = {
  A: "from the provider's own source or a published vector",
  B: "from the provider's documentation",
  C: 'from a secondary source',
  D: 'unconfirmed',
};
const algorithms = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };
const encodings = { hex: 'hexadecimal', HEX: 'upper-case hexadecimal', base64: 'base64', base64url: 'base64url' };
const keys = {
  utf8: "the secret's own text",
  hex: 'the secret, decoded from hexadecimal',
  base64: 'the secret, decoded from base64',
  'text-or-whsec': "the secret's own text, or the text after `whsec_`, decoded from base64",
  whsec: 'the secret without `whsec_`, decoded from base64; without that prefix its own text',
  'standard-webhooks': 'the secret without `whsec_`, decoded from base64',
};
const list = (names) =>
  [names]
    .flat()
    .map((name) => `\`${name}\``)
    .join(' or ');

function valueForm({ value, queryParameter }) {
  if (queryParameter) return `query parameter \`${queryParameter}\``;
  if (!value || value.form === 'plain') return value?.prefix ? `\`${value.prefix}<signature>\`` : '`<signature>`';
  if (value.form === 'list') return `items \`${value.prefix}<signature>\`, separated by \`${value.separator}\``;
  if (value.form === 'timestamp-first') return `\`<timestamp>${value.separator}<signature>\``;
  return `\`${value.timestamp}=<timestamp>${value.separator}${value.signature}=<signature>\``;
}

function timestampRow({ timestamp, template, value }) {
  const signed = template?.includes('{timestamp}') || timestamp?.path;
  if (!signed) return 'not signed';
  const where = timestamp?.path
    ? `body \`${timestamp.path.join('.')}\``
    : timestamp?.header
      ? `header ${list(timestamp.header)}`
      : value?.form === 'fields' || value?.form === 'timestamp-first'
        ? 'in the signature header'
        : '';
  const units = {
    seconds: 'Unix seconds',
    milliseconds: 'Unix milliseconds',
    either: 'Unix seconds or milliseconds',
    iso8601: 'ISO 8601',
  };
  return `${where}, ${units[timestamp?.unit ?? 'seconds']}; ${timestamp?.toleranceSeconds ?? 300} s either way`;
}

function schemeRows(spec) {
  const signed = [
    [
      'header',
      spec.queryParameter ? 'none' : list([spec.header, spec.alternatives?.length ? '...' : []].flat().filter(Boolean)),
    ],
    ['value', valueForm(spec)],
    ['signed text', `\`${spec.template ?? '{body}'}\``],
    ['timestamp', timestampRow(spec)],
  ];
  switch (spec.kind) {
    case 'hmac': {
      const what = spec.construction === 'hash' ? 'digest' : 'HMAC';
      return [
        ['algorithm', `${what}-${algorithms[spec.algorithm ?? 'sha256']}, ${encodings[spec.encoding ?? 'hex']}`],
        ['key', keys[spec.secretEncoding ?? 'utf8']],
        ...signed,
      ];
    }
    case 'ed25519':
    case 'ecdsa':
    case 'rsa': {
      const names = { ed25519: 'Ed25519', ecdsa: 'ECDSA with SHA-256, DER', rsa: 'RSA PKCS #1 v1.5 with SHA-256' };
      return [['algorithm', `${names[spec.kind]}, ${encodings[spec.encoding ?? 'base64']}`], ...signed];
    }
    case 'token': {
      if (spec.basic) return [['kind', 'HTTP basic authentication, compared in constant time; nothing is signed']];
      const where = spec.query
        ? `query parameter \`${spec.query}\``
        : spec.body
          ? `body \`${spec.body.list.join('.')}[].${spec.body.path.join('.')}\`, in every item`
          : `header \`${spec.header}\``;
      return [
        ['kind', 'a shared token, compared in constant time; nothing is signed'],
        ['where', where],
      ];
    }
    case 'jwt':
      return [
        ['kind', `JSON Web Token, ${spec.algorithm}`],
        [
          'header',
          spec.header
            ? `\`${spec.header}\`${spec.prefix ? `, ${spec.prefixOptional ? 'with or without' : 'after'} \`${spec.prefix.trim()}\`` : ''}`
            : 'none: the body is the token',
        ],
        [
          'body',
          spec.bodyHash
            ? `claim \`${spec.bodyHash.claim}\`: SHA-256 of the body, ${spec.bodyHash.encoding}`
            : 'not covered',
        ],
        ['times', `\`iat\`, \`exp\`, \`nbf\`: ${spec.toleranceSeconds ?? 300} s either way`],
      ];
    case 'url-fields':
      return [
        ['algorithm', 'HMAC-SHA-1, base64'],
        ['header', `\`${spec.header}\``],
        [
          'signed text',
          `the URL as configured, then each form field in order of its name${spec.bodyHash ? `; for other bodies the URL alone, with \`${spec.bodyHash}\`` : ''}`,
        ],
        ['timestamp', 'not signed'],
      ];
    case 'body-fields':
      return [
        ['algorithm', 'HMAC-SHA-256, hexadecimal'],
        [
          'where',
          `body \`${spec.signature.join('.')}\`${spec.other ? ` or \`${spec.other.signature.join('.')}\`` : ''}; in a form the field \`${spec.signature.at(-1)}\``,
        ],
        [
          'signed text',
          `\`${spec.timestamp.at(-1)}\` and \`${spec.then.at(-1)}\` next to the signature; not the event`,
        ],
        ['timestamp', `Unix seconds; ${spec.toleranceSeconds} s either way`],
      ];
    case 'adyen':
      return [
        ['algorithm', 'HMAC-SHA-256, base64, in every item of the body'],
        ['key', keys.hex],
        ['signed text', 'eight fields of the item, joined by `:`; not the rest of the body'],
        ['timestamp', 'not signed'],
      ];
    case 'sns':
      return [
        ['algorithm', 'RSA with SHA-1 (version 1) or SHA-256 (version 2), base64, in the body'],
        ['key', 'the certificate at `SigningCertURL`, from Amazon hosts only'],
        ['signed text', '`Key\\nValue\\n` for each signed field'],
        ['timestamp', 'body `Timestamp`; 7200 s either way'],
      ];
    case 'paypal':
      return [
        ['algorithm', 'RSA with SHA-256, base64'],
        ['key', 'the certificate at `PAYPAL-CERT-URL`, from paypal.com hosts only'],
        ['signed text', '`<transmission id>|<time>|<webhook id>|<CRC-32 of the body>`'],
      ];
    case 'plaid':
      return [
        ['kind', 'JSON Web Token, ES256, in the header `plaid-verification`'],
        ['key', 'looked up by its id, or pinned'],
        ['body', 'claim `request_body_sha256`'],
        ['times', '`iat`; 300 s either way'],
      ];
  }
}

function handshakeText({ condition, signed, reply }) {
  const marks = [];
  if (condition.method) marks.push(`method ${condition.method}`);
  if (condition.present) marks.push(describeValue(condition.present));
  if (condition.absent) marks.push(`no ${describeValue(condition.absent)}`);
  if (condition.equals) marks.push(`${describeValue(condition.equals[0])} is \`${condition.equals[1]}\``);
  if (condition.emptyList) marks.push(`body \`${condition.emptyList.join('.')}\` is an empty list`);
  const answers = {
    echo: () =>
      `answered with ${describeValue(reply.challenge)}${reply.member ? ` as JSON \`${reply.member}\`` : ' as plain text'}`,
    'verify-token': () =>
      `answered with ${describeValue(reply.challenge)} when ${describeValue(reply.token)} is \`settings.verify_token\`, else 403`,
    hmac: () => `answered with an HMAC-SHA256 of ${describeValue(reply.challenge)} as JSON \`${reply.member}\``,
    'allow-origin': () =>
      `answered with ${describeValue(reply.origin)} as header \`WebHook-Allowed-Origin\`, and with \`WebHook-Allowed-Rate\`: the rate that was asked for, else \`*\``,
    fixed: () =>
      `answered ${reply.answer.status}${reply.answer.body ? ` \`${reply.answer.body}\`` : ' without a body'}`,
    secret: () =>
      `${describeValue(reply.secret)} is stored as the secret if there is no secret yet${reply.echoHeader ? ', and sent back' : ''}`,
    confirm: () => `Paggio requests the URL in ${describeValue(reply.url)}`,
  };
  return `${marks.join(', ')}: ${answers[reply.kind]()}${signed ? ', if the request is signed' : ''}.`;
}

/** Says whether the tolerance has to cover the schedule of retries. */
function retriesText({ retries, title }) {
  if (!retries)
    return `Retries: whether ${title} signs a new timestamp is not confirmed. Set \`tolerance_seconds\` if its retries are refused as too old.`;
  const when = `${title} sends again ${retries.schedule}`;
  const what = {
    first: 'with the timestamp of the first attempt, so the tolerance covers that time',
    new: 'with a new timestamp each time, so the tolerance stays short',
    unknown:
      'and whether it signs a new timestamp is not confirmed: set `tolerance_seconds` if its retries are refused as too old',
  };
  const known = retries.schedule === 'not documented' ? `${title} signs each retry` : when;
  return `Retries: ${known}, ${what[retries.timestamp]} ([source](${retries.source}), ${retries.confidence}).`;
}

function page({ spec, schemes, defaultScheme, handsOverSecret, signsUrl, toleranceSeconds }) {
  const types = sampleEventTypes(spec.name);
  const example = { provider: spec.name };
  if (!handsOverSecret) example.secrets = ['<secret>'];
  if (signsUrl(defaultScheme)) example.public_url = '<webhook_url>';
  if (spec.settings) example.settings = Object.fromEntries(Object.keys(spec.settings).map((name) => [name, '...']));
  const lines = [
    '<!-- Made by `npm run docs` from packages/providers/src/catalogue: change it there. -->',
    `# ${spec.title}`,
    `\`${spec.name}\` · ${spec.category} · [its documentation](${spec.documentation}) · [confidence](README.md) ${spec.confidence}: ${meanings[spec.confidence]}`,
    '## Set up',
    `1. Create an endpoint. Its \`webhook_url\` is the URL for ${spec.title}.`,
    `2. At ${spec.title}: ${spec.setup}`,
    `3. You need ${spec.secret}. Switch verification on with it:`,
    '```sh\n' +
      `curl -X PATCH $API/endpoints/$ID -H "authorization: Bearer $KEY" \\\n  -d '${JSON.stringify({ verification: example })}'` +
      '\n```',
    `4. \`POST $API/endpoints/$ID/test\` sends a ${types.length ? 'sample event' : `plain event (there is no sample for ${spec.title})`}. It takes the same path as a real one.`,
    '## How it signs',
  ];
  for (const [name, scheme] of Object.entries(spec.schemes)) {
    if (Object.keys(schemes).length > 1) lines.push(`### \`${name}\`${name === defaultScheme ? ' (default)' : ''}`);
    lines.push(
      '| | |',
      '| --- | --- |',
      ...schemeRows(scheme).map(
        ([key, value]) => `| ${key} | ${value.replaceAll('|', '\\|').replaceAll('\n', '\\n')} |`,
      ),
      '',
    );
  }
  if (signsUrl(defaultScheme))
    lines.push(
      `The signature covers the URL, so set \`public_url\` exactly as it is configured at ${spec.title}. Paggio never takes the URL from the \`Host\` of a request.`,
    );
  const tolerances = Object.keys(spec.schemes).map(toleranceSeconds);
  const dated = tolerances.some((tolerance) => tolerance !== undefined);
  const settings = Object.entries(spec.settings ?? {});
  if (dated)
    settings.push([
      'tolerance_seconds',
      `how old a signed timestamp may be, 1 to 86400${dated && tolerances.every((one) => one == null) ? '; left out, the age is not checked' : ''}`,
    ]);
  if (settings.length > 0) lines.push('`settings`:', '', ...settings.map(([name, text]) => `- \`${name}\`: ${text}`));
  if (dated) lines.push(retriesText(spec));
  lines.push('## Events');
  lines.push(
    `- Type: ${spec.eventType ? describeValue(spec.eventType) : 'the general rule (body `type`, `event_type`, `event`)'}.`,
  );
  lines.push(
    `- Delivery id: ${spec.deliveryId ? `${describeValue(spec.deliveryId)}; a second delivery with it is a duplicate` : 'none; only a byte-identical request whose signature covers a timestamp is a duplicate'}.`,
  );
  const detection = spec.detect.map(({ header, startsWith, also = [] }) => {
    const more = also
      .map((name) => (name.startsWith('!') ? `without \`${name.slice(1)}\`` : `with \`${name}\``))
      .join(', ');
    return `\`${header}\`${startsWith ? ` that begins with "${startsWith}"` : ''}${more ? ` (${more})` : ''}`;
  });
  lines.push(
    `- Detected without verification by: ${detection.length ? `header ${detection.join(', or ')}` : 'nothing; set `verification`'}.`,
  );
  if (types.length) lines.push(`- Samples: ${types.map((type) => `\`${type}\``).join(', ')}.`);
  if (spec.acknowledgement)
    lines.push(
      `- Accepted events are answered ${spec.acknowledgement.status}${spec.acknowledgement.body ? ` \`${spec.acknowledgement.body}\`` : ' without a body'}.`,
    );
  if (spec.refusal) lines.push(`- Refused ones are answered ${spec.refusal.status} without a body.`);
  if (spec.handshakes?.length) {
    lines.push(
      '## Handshake',
      '',
      'Paggio answers these requests, and they are never events:',
      '',
      ...spec.handshakes.map((one) => `- ${handshakeText(one)}`),
    );
  }
  if (spec.notes?.length) {
    lines.push('## Notes', '', ...spec.notes.map(({ text, confidence }) => `- ${text} (${confidence})`));
  }
  return lines
    .join('\n\n')
    .replaceAll(/\n\n(?=[-|] )/g, '\n')
    .replaceAll(/\n\n(?=\d\. )/g, '\n')
    .replaceAll(/(## Events|`settings`:|## Handshake\n\nPaggio answers[^\n]*|## Notes)\n(?=- )/g, '$1\n\n')
    .replaceAll(/([^|\n])\n(\| \| \|)/g, '$1\n\n$2');
}

function index(providers) {
  const groups = [...new Set(providers.map(({ spec }) => spec.category))].sort();
  const lines = [
    '<!-- Made by `npm run docs`. -->',
    '# Providers',
    `Paggio verifies ${providers.length} providers. Each page says how the provider signs its requests, and how it names its events and deliveries. For any other sender, use [a scheme of your own](../verification.md#a-scheme-of-your-own).`,
    `The column "confidence" says where the facts come from. ${Object.entries(meanings)
      .map(([mark, text]) => `${mark}: ${text}`)
      .join('; ')}. The letters after the notes of a page have the same meaning.`,
  ];
  for (const group of groups) {
    lines.push(`## ${group === 'ai' ? 'AI' : `${group[0].toUpperCase()}${group.slice(1)}`}`);
    const rows = providers
      .filter(({ spec }) => spec.category === group)
      .map(
        ({ spec }) =>
          `| [${spec.title}](${spec.name}.md) | \`${spec.name}\` | ${Object.keys(spec.schemes).join(', ')} | ${spec.handshakes?.length ? 'yes' : ''} | ${spec.confidence} |`,
      );
    lines.push(
      ['| provider | name | schemes | handshake | confidence |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
    );
  }
  return lines.join('\n\n');
}

const sorted = [...catalogue].sort((a, b) => (a.title.toLowerCase() < b.title.toLowerCase() ? -1 : 1));
const pages = new Map([
  ['README.md', index(sorted)],
  ...sorted.map((provider) => [`${provider.name}.md`, page(provider)]),
]);
const wordsOnly = process.argv.includes('--check-words');
const check = wordsOnly || process.argv.includes('--check');
const wrong = [];

async function prettyPrinter() {
  const { format, resolveConfig } = await import('prettier');
  const style = await resolveConfig(new URL('README.md', directory).pathname);
  return (text) => format(text, { ...style, parser: 'markdown' });
}

/** The text without what Prettier changes: the spaces and dashes that fill a table, and blank lines. */
function words(text) {
  const cells = (row) => row.replaceAll(/ +(?=\|)|(?<=\|) +/g, '').replaceAll(/(?<=\|)-+(?=\|)/g, '---');
  return text
    .replaceAll(/^\|.*$/gm, cells)
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}

const printed = wordsOnly ? words : await prettyPrinter();
const present = (file) => (wordsOnly ? words(readFileSync(file, 'utf8')) : readFileSync(file, 'utf8'));
mkdirSync(directory, { recursive: true });
for (const [name, text] of pages) {
  const file = new URL(name, directory);
  const formatted = await printed(text);
  if (existsSync(file) && present(file) === formatted) continue;
  wrong.push(name);
  if (!check) writeFileSync(file, formatted);
}
for (const name of readdirSync(directory)) {
  if (pages.has(name)) continue;
  wrong.push(name);
  if (!check) rmSync(new URL(name, directory));
}
if (check && wrong.length > 0) {
  console.error(`docs/providers is out of date (npm run docs): ${wrong.join(', ')}`);
  process.exit(1);
}
