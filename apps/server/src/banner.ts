import type { RunningServer } from './running-server';

/** The text that the server prints once it is up. */
export function banner(server: RunningServer, version: string): string {
  const lines = [`Paggio ${version}`, ''];
  const add = (label: string, value: string): void => void lines.push(`  ${label.padEnd(11)}${value}`);
  if (server.movedFrom !== null)
    lines.push(`  Port ${server.movedFrom} is in use, so the server took the next free port.`, '');
  if (server.inboxUrl) add('Inbox', server.inboxUrl);
  if (server.dashboardUrl) add('Dashboard', `${server.dashboardUrl}   (works once)`);
  if (server.dashboardAddressUrl)
    add('', `${server.dashboardAddressUrl}   (the same link, if your browser cannot resolve that name)`);
  add('API', `${server.url}/api/v1`);
  if (server.apiKey) add('API key', `${server.apiKey}   (shown once; also in ${server.dataDirectory}/api-key)`);
  else if (server.keys === 'in_file') add('API key', `in ${server.dataDirectory}/api-key`);
  else if (server.keys === 'none') add('API key', 'no valid key; sign in to the dashboard to create one');
  add('Database', server.database.description);
  if (server.database.embedded) add('', 'To use your own, set DATABASE_URL=postgres://user:password@host:5432/name');
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
