import type { Capture } from '../capture/capture';
import type { SignedIngest } from '../capture/signed-ingest';
import type { Authority } from '../keys/authority';
import type { ResolvedOptions } from '../options';
import type { PublicAddress } from '../public-address';
import type { Publishing } from '../publish/publishing';
import type { Assembly } from './assemble';
import type { Lifecycle } from './lifecycle';
import type { Gauges, ProcessStatus } from './process-status';

/** What an adapter of a web framework needs to serve Paggio. Apps have no use for it. */
export class PaggioHost {
  /** The options with their defaults. */
  readonly options: ResolvedOptions;
  readonly address: PublicAddress;
  /** Takes in requests at webhook URLs. */
  readonly capture: Capture;
  /** Takes in events that a producer signs. */
  readonly ingest: SignedIngest;
  readonly publishing: Publishing;
  readonly authority: Authority;
  /** How long a client may take to send a body, in milliseconds. */
  readonly bodyMs: number;
  private readonly lifecycle: Lifecycle;
  private readonly status: ProcessStatus;

  constructor({ capture, context, lifecycle, management, status }: Assembly) {
    this.options = context.options;
    this.address = context.address;
    this.bodyMs = context.timing.bodyMs;
    this.capture = capture.capture;
    this.ingest = capture.ingest;
    this.publishing = capture.publishing;
    this.authority = management.authority;
    this.lifecycle = lifecycle;
    this.status = status;
  }

  /** Whether `quiesce` or `stop` was called. Requests whose body is still arriving are then no longer waited for. */
  get isEnding(): boolean {
    return this.lifecycle.isEnding;
  }

  /** Calls `listener` once, at the first `quiesce` or `stop`; immediately if one of them was called before. */
  whenEnding(listener: () => void): void {
    this.lifecycle.whenEnding(listener);
  }

  /** Claims no further deliveries, while requests are still accepted: the first step of an orderly stop. */
  quiesce(): void {
    this.lifecycle.quiesce();
  }

  /**
   * Current figures, for metrics.
   * @throws when the database does not answer
   */
  gauges(): Promise<Gauges> {
    return this.status.gauges();
  }
}
