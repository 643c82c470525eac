// The dashboard: the last 50 events, one event, and its replay. Everything that came from outside is put into the page
// as text and never as markup.
const base = location.pathname.replace(/\/$/, '');
const POLL_MS = 5_000;
const SHOWN_CHARACTERS = 200_000;
const $ = (id) => document.getElementById(id);
let selected = null;
let timer;

class SignedOut extends Error {}

async function call(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) throw new SignedOut();
  const data = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(data.hint ? `${data.message}. ${data.hint}` : data.message);
  return data;
}

function show(section) {
  for (const id of ['sign-in', 'feed', 'event']) $(id).hidden = id !== section;
  $('sign-out').hidden = section === 'sign-in';
}

function cell(text, className) {
  const td = document.createElement('td');
  td.textContent = visible(text);
  if (className) td.className = className;
  return td;
}

// Direction overrides and zero-width characters would let a text pretend to be another.
function visible(text) {
  return String(text ?? '').replace(
    /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16)}`,
  );
}

async function feed() {
  const { data } = await call('GET', '/api/v1/events?limit=50');
  $('state').textContent = `live, ${new Date().toLocaleTimeString()}`;
  if (selected !== null) return;
  show('feed');
  const table = document.querySelector('#feed table');
  table.hidden = data.length === 0;
  $('empty').hidden = $('empty-curl').hidden = data.length > 0;
  if (data.length === 0) await emptyHint();
  const focused = document.activeElement?.dataset?.id;
  $('rows').replaceChildren(
    ...data.map((event) => {
      const row = document.createElement('tr');
      row.tabIndex = 0;
      row.dataset.id = event.id;
      const status = event.status_reason ? `${event.status} (${event.status_reason})` : event.status;
      row.append(
        cell(new Date(event.received_at).toLocaleTimeString()),
        cell(event.source),
        cell(event.event_type ?? '-'),
        cell(status, event.status),
        cell(event.response_status ?? '-'),
        cell(event.latency_ms === null ? '-' : `${event.latency_ms} ms`),
        cell(event.id),
      );
      row.addEventListener('click', () => open(event.id));
      return row;
    }),
  );
  if (focused) document.querySelector(`tr[data-id="${CSS.escape(focused)}"]`)?.focus();
}

async function emptyHint() {
  const { data } = await call('GET', '/api/v1/endpoints?limit=1');
  const url = data[0]?.webhook_url;
  $('empty-curl').textContent = url
    ? `curl -d '{"type":"hello.world"}' -H 'content-type: application/json' ${url}`
    : 'Create an endpoint first: POST /api/v1/endpoints';
}

async function open(id) {
  selected = id;
  history.replaceState(null, '', `#${id}`);
  const event = await call('GET', `/api/v1/events/${encodeURIComponent(id)}`);
  show('event');
  const head = document.createElement('p');
  const status = document.createElement('span');
  status.className = event.status;
  status.textContent = ` ${event.status}${event.status_reason ? ` (${event.status_reason})` : ''} `;
  const raw = document.createElement('a');
  raw.href = `${base}/api/v1/events/${encodeURIComponent(id)}/raw`;
  raw.textContent = `download ${event.size} B`;
  head.append(
    visible(`${event.source}  ${event.event_type ?? '-'}  `),
    status,
    visible(`  ${event.received_at}  ${event.id}  ${event.verification.status}  `),
    raw,
  );
  $('event-head').replaceChildren(head);
  const payload =
    event.payload_format === 'binary'
      ? '(binary: use the download)'
      : event.payload_format === 'json'
        ? JSON.stringify(event.payload, null, 2)
        : event.payload;
  $('payload').textContent =
    visible(payload.slice(0, SHOWN_CHARACTERS)) +
    (payload.length > SHOWN_CHARACTERS ? '\n... cut; use the download' : '');
  $('headers').textContent = visible(
    Object.entries(event.headers)
      .map(([name, value]) => `${name}: ${[value].flat().join(', ')}`)
      .join('\n'),
  );
  $('attempts').replaceChildren(
    ...event.attempts.map((attempt) => {
      const item = document.createElement('li');
      item.className = attempt.status;
      item.textContent = visible(
        `${attempt.created_at}  ${attempt.trigger}  ${attempt.response_status ?? attempt.error}  ${attempt.latency_ms} ms  ${attempt.destination_url}`,
      );
      return item;
    }),
  );
  if (event.next_attempt_reason) {
    const item = document.createElement('li');
    item.textContent = visible(`next: ${event.next_attempt_at}  ${event.next_attempt_reason}`);
    $('attempts').append(item);
  }
}

async function replay() {
  if (selected === null) return;
  const environment = $('environment').value;
  const body = environment === 'custom' ? { environment, custom_url: $('custom-url').value } : { environment };
  $('replay-result').textContent = 'sending ...';
  $('replay-button').disabled = true;
  try {
    const result = await call('POST', `/api/v1/events/${encodeURIComponent(selected)}/replay`, body);
    $('replay-result').textContent = visible(
      `${result.status}: ${result.response_status ?? result.error}, ${result.latency_ms} ms, ${result.destination_url}`,
    );
    await open(selected);
  } catch (error) {
    fail(error, (text) => ($('replay-result').textContent = visible(text)));
  } finally {
    $('replay-button').disabled = false;
  }
}

function back() {
  selected = null;
  history.replaceState(null, '', location.pathname);
  $('replay-result').textContent = '';
  void refresh();
}

function fail(error, say = (text) => ($('state').textContent = text)) {
  if (error instanceof SignedOut) {
    selected = null;
    $('rows').replaceChildren();
    show('sign-in');
    $('state').textContent = '';
  } else say(error instanceof TypeError ? 'the server does not answer; trying again' : error.message);
}

async function refresh() {
  clearTimeout(timer);
  try {
    await feed();
  } catch (error) {
    fail(error);
    if (error instanceof SignedOut) return;
  }
  timer = setTimeout(refresh, POLL_MS);
}

$('sign-in').addEventListener('submit', async (submitted) => {
  submitted.preventDefault();
  $('sign-in-error').textContent = '';
  try {
    await call('POST', '/session', { key: $('key').value });
    $('key').value = '';
    await refresh();
  } catch (error) {
    $('sign-in-error').textContent = error instanceof SignedOut ? 'This key is not valid.' : error.message;
  }
});
$('sign-out').addEventListener('click', async () => {
  await call('DELETE', '/session').catch(() => undefined);
  clearTimeout(timer);
  fail(new SignedOut());
});
$('replay-button').addEventListener('click', replay);
$('environment').addEventListener('change', () => ($('custom-url').hidden = $('environment').value !== 'custom'));
document.addEventListener('keydown', (pressed) => {
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(pressed.target.tagName) || pressed.ctrlKey || pressed.metaKey || pressed.altKey)
    return;
  const row = document.activeElement?.closest?.('tr[data-id]');
  if (pressed.key === 'r' || pressed.key === 'R') void replay();
  else if (pressed.key === 'Escape' && selected !== null) back();
  else if (pressed.key === 'Enter' && row) void open(row.dataset.id).catch(fail);
  else if (pressed.key === 'j') (row?.nextElementSibling ?? $('rows').firstElementChild)?.focus();
  else if (pressed.key === 'k') row?.previousElementSibling?.focus();
});

await refresh();
if (location.hash.length > 1) await open(location.hash.slice(1)).catch(back);
