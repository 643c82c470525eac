import { explain, type Explanation, type OtherSecret, type WebhookRequest } from '@paggio/providers';
import { toWebhookRequest } from '../capture/new-event';
import type { Findings } from '../rejections/rejection';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import type { EventDetail } from '../events/event';
import type { Events } from '../events/events';
import type { Owner } from '../principal';
import type { RejectionDetail } from '../rejections/rejection-summary';
import type { Rejections } from '../rejections/rejections';
import type { VerificationStore } from './verification-store';

export interface ExplanationsDependencies {
  events: Events;
  rejections: Rejections;
  directory: EndpointDirectory;
  store: VerificationStore;
  bodyLimit: number;
}

/** Explains why a signature is valid or not, and what would have to change. */
export class Explanations {
  constructor(private readonly dependencies: ExplanationsDependencies) {}

  /**
   * Explains a rejection with the current configuration. A body that was cut cannot be searched any more, so this
   * returns the findings from before the cut.
   * @throws PaggioError `NOT_FOUND`
   */
  async ofRejection(owner: Owner, id: string): Promise<{ rejection: RejectionDetail; findings: Findings | null }> {
    const rejection = await this.dependencies.rejections.get(owner, id);
    if (rejection.bodyTruncated) return { rejection, findings: rejection.findings };
    const endpoint = await this.dependencies.directory.byId(rejection.endpointId);
    return {
      rejection,
      findings:
        endpoint &&
        (await this.explain(
          endpoint,
          toWebhookRequest(rejection, rejection.receivedAt.getTime(), this.dependencies.bodyLimit),
        )),
    };
  }

  /**
   * Explains what verification would say now about an event that was stored without verification.
   * @throws PaggioError `NOT_FOUND`
   */
  async ofEvent(owner: Owner, id: string): Promise<{ event: EventDetail; explanation: Explanation | null }> {
    const event = await this.dependencies.events.get(owner, id);
    if (event.verifiedBy !== null) return { event, explanation: null };
    const endpoint = await this.dependencies.directory.byId(event.endpointId);
    return {
      event,
      explanation:
        endpoint &&
        (await this.explain(
          endpoint,
          toWebhookRequest(event, event.receivedAt.getTime(), this.dependencies.bodyLimit),
        )),
    };
  }

  /** Explains a request. Returns null when the endpoint has no working verification. */
  async explain(endpoint: EndpointConfig, request: WebhookRequest): Promise<Explanation | null> {
    const { verifier } = endpoint;
    if (verifier === null || verifier === 'broken') return null;
    return explain(verifier.config, request, { keys: verifier.keys, otherSecrets: await this.otherSecrets(endpoint) });
  }

  /** The secrets that the same user has stored for the same provider elsewhere. Names stay within their mode. */
  private async otherSecrets(endpoint: EndpointConfig): Promise<OtherSecret[]> {
    const { verifier, mode, userId } = endpoint;
    if (verifier === null || verifier === 'broken') return [];
    const stored = await this.dependencies.store.ofUser(userId);
    return stored
      .filter((one) => one.id !== endpoint.id && one.config.provider === verifier.config.provider)
      .flatMap((one) =>
        one.config.secrets.map(({ value }) => ({
          value,
          label: one.mode === mode ? `endpoint "${one.name}"` : `an endpoint in ${one.mode} mode`,
        })),
      );
  }
}
