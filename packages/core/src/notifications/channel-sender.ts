import type { Transport } from '../transport/transport';

/** The result of sending a message. */
export interface Sent {
  delivered: boolean;
  responseStatus: number | null;
  error: string | null;
  latencyMs: number;
}

const TIMEOUT_MS = 10_000;

/** Posts messages to incoming webhooks, through the same transport and address guard as deliveries. */
export class ChannelSender {
  constructor(private readonly transport: Transport) {}

  /** Never throws. */
  async send(url: string, message: object): Promise<Sent> {
    const target = new URL(url);
    const result = await this.transport.send({
      method: 'POST',
      origin: target.origin,
      target: target.pathname + target.search,
      headers: ['Content-Type', 'application/json', 'User-Agent', 'Paggio'],
      body: Buffer.from(JSON.stringify(message), 'utf8'),
      timeoutMs: TIMEOUT_MS,
    });
    const delivered = result.status !== null && result.status >= 200 && result.status < 300;
    return {
      delivered,
      responseStatus: result.status,
      error: result.error ? `${result.error.code}: ${result.error.message}` : null,
      latencyMs: result.latencyMs,
    };
  }
}
