/**
 * Operations that end or change objects that others need. Tests of all operations give each of these an object of its
 * own.
 */
export const endingOperations: ReadonlySet<string> = new Set([
  'endpoints.delete',
  'endpoints.rotate_secret',
  'destinations.delete',
  'events.cancel',
  'replays.cancel',
  'keys.delete',
  'sessions.delete',
  'sessions.delete_others',
]);
