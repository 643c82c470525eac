import type { Paggio } from '@paggio/core';

/**
 * Recognises requests that came to the host of `ingestUrl`, where nothing but webhook URLs and signed ingest is answered:
 * senders and people then use different origins, and a page on one has no rights on the other. The host is compared by
 * name, whatever its port, unless the public URL has the same name and only another port.
 */
export class IngestHost {
  constructor(private readonly paggio: Paggio) {}

  /** @param hosts that the request names, with or without a port: one match is enough */
  matches(hosts: readonly string[]): boolean {
    const { ingestUrl } = this.paggio.options;
    if (ingestUrl === null) return false;
    const own = new URL(ingestUrl);
    const sameName = nameOf(new URL(this.paggio.baseUrl)) === nameOf(own);
    return hosts.some((host) => {
      const given = parse(host, own.protocol);
      return given !== undefined && nameOf(given) === nameOf(own) && (!sameName || given.port === own.port);
    });
  }
}

/** Normalised by the URL parser as a browser does it: case, Unicode, and the ports that go without saying. */
function parse(host: string, protocol: string): URL | undefined {
  const text = `${protocol}//${host}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** `hooks.example.com.` is the same host as `hooks.example.com`. */
function nameOf({ hostname }: URL): string {
  return hostname.replace(/\.$/, '');
}
