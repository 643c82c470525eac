import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TelemetryEvent } from '@paggio/core';
import axios, { type AxiosInstance } from 'axios';
import type { Level } from 'pino';
import { readEnvironment } from '../environment';
import { Output } from '../output';
import type { RunningServer } from '../running-server';
import { startServer } from '../server';

/** Prints nothing, and records all messages. */
export class SilentOutput extends Output {
  readonly telemetry: TelemetryEvent[] = [];
  /** The messages of the server itself. */
  readonly notes: { level: Level; message: string }[] = [];

  constructor() {
    super({ format: 'json', level: 'silent' });
  }

  override happened(event: TelemetryEvent): void {
    this.telemetry.push(event);
  }

  override say(level: Level, message: string): void {
    this.notes.push({ level, message });
  }
}

/**
 * Runs the server in this process, which costs a fraction of a separate one. Tests of exit codes, signals and printed
 * output need a `ServerProcess`.
 */
export class LocalServer {
  private constructor(
    readonly running: RunningServer,
    readonly output: SilentOutput,
    private readonly dataDirectory: string,
  ) {}

  /** @throws StartError as `startServer` does */
  static async start(env: Record<string, string>, dataDirectory: string): Promise<LocalServer> {
    const environment = readEnvironment({ PORT: '0', PAGGIO_DATA_DIR: dataDirectory, ...env }, false);
    if (Array.isArray(environment)) throw new Error(environment.join('\n'));
    const output = new SilentOutput();
    return new LocalServer(await startServer(environment, output), output, dataDirectory);
  }

  get url(): string {
    return this.running.url;
  }

  get apiKey(): string {
    return readFileSync(join(this.dataDirectory, 'api-key'), 'utf8').trim();
  }

  /** A client of the management API. It does not throw on error statuses. */
  api(key = this.apiKey): AxiosInstance {
    return axios.create({ baseURL: this.url, validateStatus: () => true, headers: { authorization: `Bearer ${key}` } });
  }

  stop(): Promise<void> {
    return this.running.stop();
  }
}
