import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestDatabase } from '@paggio/embedded-database/testing';
import type { Timing } from '../flow/timing';
import { testMasterKey } from './master-key';

/** A separate process that delivers from a database. */
export class DeliveryProcess {
  private constructor(readonly child: ChildProcess) {}

  static async start(
    database: TestDatabase,
    keys: { current: Buffer; previous: Buffer[] } = { current: testMasterKey, previous: [] },
    timing: Partial<Timing> = {},
  ): Promise<DeliveryProcess> {
    const options = {
      database: { url: database.url },
      masterKey: keys.current.toString('hex'),
      previousMasterKeys: keys.previous.map((key) => key.toString('hex')),
      allowedNetworks: ['127.0.0.0/8'],
    };
    const child = fork(join(__dirname, 'worker-process.js'), [JSON.stringify({ options, timing })], { execArgv: [] });
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('the delivery process ended'))),
    ]);
    return new DeliveryProcess(child);
  }

  /** Makes its clock wrong by this much from now on. */
  stepClock(clockOffsetMs: number): void {
    this.child.send({ clockOffsetMs });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
