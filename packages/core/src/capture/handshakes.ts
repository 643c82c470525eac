import type { HandshakeAnswer } from '@paggio/providers';
import type { Transport } from '../transport/transport';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import { unavailable } from '../errors';
import { askProvider } from '../transport/ask-provider';

export interface HandshakesDependencies {
  transport: Transport;
  /**
   * Stores a secret that the provider handed over, unless the endpoint has one by now. Resolves with whether the stored
   * secret is this one.
   */
  keepSecret: (endpoint: EndpointConfig, secret: string) => Promise<boolean>;
}

/** Does what a handshake requires before it may be answered. */
export class Handshakes {
  constructor(private readonly dependencies: HandshakesDependencies) {}

  /**
   * Resolves with true when the answer may be sent, and with false when the handshake must not be answered.
   * @throws PaggioError `UNAVAILABLE`: the provider should ask again
   */
  async fulfil(endpoint: EndpointConfig, answer: HandshakeAnswer): Promise<boolean> {
    if (answer.secret !== undefined && !(await this.keep(endpoint, answer.secret))) return false;
    if (answer.confirmUrl !== undefined) await this.confirm(answer.confirmUrl);
    return true;
  }

  private async keep(endpoint: EndpointConfig, secret: string): Promise<boolean> {
    try {
      return await this.dependencies.keepSecret(endpoint, secret);
    } catch (error) {
      throw unavailable('The secret could not be stored', error);
    }
  }

  private async confirm(url: string): Promise<void> {
    const result = await askProvider(this.dependencies.transport, url);
    if (result.status === null || result.status < 200 || result.status >= 300) {
      throw unavailable('The subscription could not be confirmed');
    }
  }
}
