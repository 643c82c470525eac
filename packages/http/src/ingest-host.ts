import type { Paggio } from '@paggio/core';
import { hostName, parseHost } from './request-host';

/**
 * Recognises requests to the host of `ingestUrl`, which serves only webhook URLs and signed ingest. Senders and people
 * then use different origins, and a page on one has no rights on the other. Hosts are compared by name. If the public
 * URL has the same name, the port must match too.
 */
export class IngestHost {
  constructor(private readonly paggio: Paggio) {}

  /** @param hosts the hosts that the request names, with or without a port; one match is enough */
  matches(hosts: readonly string[]): boolean {
    const { ingestUrl } = this.paggio.host.options;
    if (ingestUrl === null) return false;
    const own = new URL(ingestUrl);
    const sameName = hostName(new URL(this.paggio.host.address.baseUrl)) === hostName(own);
    return hosts.some((host) => {
      const given = parseHost(host, own.protocol);
      return given !== undefined && hostName(given) === hostName(own) && (!sameName || given.port === own.port);
    });
  }
}
