/** Whether a path below the mount point is for producers that hold an API key. */
export function isSignedIngest(path: string): boolean {
  return path.startsWith('/e/');
}

const PREFIX = '/api/webhook/';

/** The slug of a path below the mount point; undefined when it is no webhook URL. What follows the slug is kept, not routed. */
export function slugOf(path: string): string | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  const end = path.indexOf('/', PREFIX.length);
  return end < 0 ? path.slice(PREFIX.length) : path.slice(PREFIX.length, end);
}
