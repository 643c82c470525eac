import { invalid, PaggioError } from '@paggio/core';
import { wrongInput } from './wire-error';
import { toWireError } from './wire-names';

test('an error of core names inputs as the wire does', () => {
  const error = invalid([
    { field: 'destinations[2].eventTypes[0]', message: 'destinations[2].eventTypes[0] must be a string.' },
    { field: 'verification.secrets[0].expiresAt', message: 'expiresAt must be a time.' },
    { field: 'retry.maxAttempts', message: 'maxAttempts cannot be combined with scheduleSeconds.' },
  ]);
  expect(toWireError(error)).toMatchObject({
    code: 'VALIDATION_FAILED',
    message: 'Invalid fields: destinations[2].event_types[0], verification.secrets[0].expires_at, retry.max_attempts',
    hint: 'destinations[2].event_types[0] must be a string.',
    details: [
      { field: 'destinations[2].event_types[0]', message: 'destinations[2].event_types[0] must be a string.' },
      { field: 'verification.secrets[0].expires_at', message: 'expires_at must be a time.' },
      { field: 'retry.max_attempts', message: 'max_attempts cannot be combined with schedule_seconds.' },
    ],
  });
});

test('headers of an endpoint or a destination are headers_json on the wire', () => {
  const details = [
    { field: 'headers', message: 'There may be at most 50 headers.' },
    { field: 'destinations[0].headers.X-A', message: 'A header value is text.' },
  ];
  expect(toWireError(invalid(details))).toMatchObject({
    message: 'Invalid fields: headers_json, destinations[0].headers_json.X-A',
    details: [
      { field: 'headers_json', message: 'There may be at most 50 headers.' },
      { field: 'destinations[0].headers_json.X-A', message: 'A header value is text.' },
    ],
  });
});

test('a text that a client sent stays unchanged, and so do other words', () => {
  const message =
    'There is no field "eventTypes". X-eventTypes and eventTypesOf stay, and so does publicUrls, and the option publicUrl.';
  expect(toWireError(new PaggioError('BAD_REQUEST', message)).message).toBe(message);
});

test('an error keeps its headers, its wait and its cause', () => {
  const cause = new Error('deep');
  const error = new PaggioError('RATE_LIMITED', 'Slow', { retryAfterSeconds: 3, headers: [['x-a', 'b']], cause });
  expect(toWireError(error)).toMatchObject({ retryAfterSeconds: 3, headers: [['x-a', 'b']], cause });
});

test('an error about a name that the client sent keeps that name', () => {
  const error = wrongInput('body', [{ field: 'retry.maxAttempts', message: 'There is no field "maxAttempts".' }]);
  expect(toWireError(error)).toBe(error);
});
