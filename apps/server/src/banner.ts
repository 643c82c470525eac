import type { RunningServer } from './running-server';

/** What a person sees when the server is up. */
export function banner(server: RunningServer, version: string): string {
  const lines = [`Paggio ${version}`, ''];
  const add = (label: string, value: string): void => void lines.push(`  ${label.padEnd(11)}${value}`);
  if (server.movedFrom !== null) lines.push(`  Port ${server.movedFrom} is taken; this one is the next free port.`, '');
  if (server.inboxUrl) add('Inbox', server.inboxUrl);
  if (server.dashboardUrl) add('Dashboard', `${server.dashboardUrl}   (signs in once)`);
  if (server.dashboardAddressUrl)
    add('', `${server.dashboardAddressUrl}   (the same, if your browser does not know that name)`);
  add('API', `${server.url}/api/v1`);
  if (server.apiKey) add('API key', `${server.apiKey}   (shown once; also in ${server.dataDirectory}/api-key)`);
  else if (server.keys === 'in_file') add('API key', `in ${server.dataDirectory}/api-key`);
  else if (server.keys === 'none') add('API key', 'none is valid; sign in to the dashboard to make one');
  add('Database', server.database.description);
  if (server.database.embedded) add('', 'To use your own: DATABASE_URL=postgres://user:password@host:5432/name');
  if (server.inboxUrl) {
    lines.push(
      '',
      'Try it:',
      '',
      `  curl -d '{"type":"hello.world"}' -H 'content-type: application/json' ${server.inboxUrl}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
