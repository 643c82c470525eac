const PAUSE_MS = 100;

/**
 * Spaces the attempts to connect to a database that does not answer: for 100 ms after a failure, connections fail at once
 * with its error. Without a pause, every request during an outage would make an attempt of its own, and a server that is
 * starting would have to refuse each of them.
 */
export class ConnectPause {
  private failure: { at: number; error: unknown } | undefined;

  begin(error: unknown): void {
    this.failure = { at: performance.now(), error };
  }

  /** @throws the error of an attempt that failed a moment ago */
  check(): void {
    const { failure } = this;
    if (failure === undefined) return;
    if (performance.now() - failure.at < PAUSE_MS) throw failure.error;
    this.failure = undefined;
  }
}
