/** Whether a path below the mount point belongs to signed ingest, for producers with an API key. */
export function isSignedIngest(path: string): boolean {
  return path.startsWith('/e/');
}

const PREFIX = '/api/webhook/';

/**
 * The slug of a path below the mount point; undefined when it is not a webhook URL. The rest of the path is stored, but
 * not used for routing.
 */
export function slugOf(path: string): string | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  const end = path.indexOf('/', PREFIX.length);
  return end < 0 ? path.slice(PREFIX.length) : path.slice(PREFIX.length, end);
}
