import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { notFound } from '../errors';
import { formatId, newId } from '../event-id';
import type { Owner } from '../principal';
import type { EventWriter } from './event-writer';
import { newEvent } from './new-event';

export interface TestEventsDependencies {
  directory: EndpointDirectory;
  writer: EventWriter;
  /** Where Paggio is mounted. */
  mountPath: () => string;
}

/** Sample events, to see the whole path work before a provider sends anything. */
export class TestEvents {
  constructor(private readonly dependencies: TestEventsDependencies) {}

  /**
   * An event like a sender's, through the ordinary delivery. Returns its id.
   * @throws PaggioError `NOT_FOUND`
   */
  async send(owner: Owner, endpointId: string, eventType = 'test.event'): Promise<string> {
    const { directory, mountPath, writer } = this.dependencies;
    const endpoint = await directory.ofOwner(owner, endpointId);
    if (!endpoint || endpoint.deleted) throw notFound('endpoint');
    const now = new Date();
    const sample = {
      id: `test_${formatId(newId())}`,
      type: eventType,
      created_at: now.toISOString(),
      data: { message: 'A test event from Paggio.' },
    };
    const event = newEvent(
      endpoint,
      {
        method: 'POST',
        path: `${mountPath()}/api/webhook/${endpoint.slug}`,
        query: '',
        rawHeaders: ['Content-Type', 'application/json', 'User-Agent', 'Paggio-Test'],
        body: Buffer.from(JSON.stringify(sample)),
        remoteAddr: null,
      },
      {
        receivedAt: now.getTime(),
        source:
          endpoint.verifier !== null && endpoint.verifier !== 'broken' ? endpoint.verifier.provider.name : 'unknown',
        eventType,
        verifiedBy: null,
        bodyAuthenticated: false,
      },
    );
    return (await writer.write(endpoint, event)).eventId;
  }
}
