/** Operations that end or change what others need: tests of all operations give each of these objects of its own. */
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
