import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createKeyText } from '@paggio/core';
import {
  captureFromGitHub,
  createTestDatabase,
  gitHub,
  owner,
  settled,
  startGateway,
  testMasterKey,
} from '@paggio/core/testing';
import { describeHost, type Host } from '@paggio/http/testing';

interface ConsumerHost extends Host {
  /** Resolves when a handler of the app has received an event with this `ref`. */
  handled(ref: string): Promise<void>;
}

/**
 * Starts a consumer in a process of its own. A gateway in this process uses the same database and shows what it did.
 * @param node the binary of Node that runs it
 */
async function startConsumer(main: string, mount: string, node: string = process.execPath): Promise<ConsumerHost> {
  const database = await createTestDatabase();
  const child = fork(main, [], {
    execPath: node,
    execArgv: [],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      PAGGIO_MASTER_KEY: testMasterKey.toString('base64'),
      MOUNT: mount,
    },
  });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const ended = exited.then(([code]) => Promise.reject(new Error(`${main} ended with ${code} at its start`)));
  const { port } = (await Promise.race([message(child), ended])) as { port: number };
  const observer = await startGateway({ roles: ['api', 'capture'] }, {}, database);
  const key = createKeyText('live');
  await observer.paggio.admin.keys.createFirst(owner.userId, key);
  return {
    paggio: observer.paggio,
    port,
    key,
    handled: (ref) =>
      new Promise((done) => {
        child.on('message', (message: { ref?: string }) => message.ref === ref && done());
      }),
    async stop() {
      child.kill('SIGTERM');
      const end = await exited;
      await observer.stop();
      await database.drop();
      // The process must end by itself, without a signal that kills it.
      expect([main, ...end]).toEqual([main, 0, null]);
    },
  };
}

export interface ConsumerRun {
  /** Makes the consumer, which may take a while, and returns its main file. */
  main: () => string;
  mount?: string;
  /** The binary of Node that runs it. Default: that of this process. */
  node?: () => string;
  /** False for hosts with a Fetch handler. */
  ownsConnection?: boolean;
  /** False for hosts whose own router sees a path first. */
  routesFirst?: boolean;
}

/** Tests what every host must do, and that a handler of the app is a destination. The tests share one process. */
export function describeConsumer(name: string, { main, mount = '', node, ...options }: ConsumerRun): void {
  describe('a packed app', () => {
    let started: Promise<ConsumerHost> | undefined;
    const start = (): Promise<ConsumerHost> => (started ??= startConsumer(main(), mount, node?.()));
    // describeHost must not stop the shared process.
    const startShared = async (): Promise<Host> => ({ ...(await start()), stop: async () => undefined });
    describeHost(name, startShared, mount, { ...options, dashboard: false, inProcess: false });

    test(`${name}: a function of the app is a destination`, async () => {
      const host = await start();
      const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
      const heard = host.handled('main');
      const id = await captureFromGitHub(host.paggio, endpoint.slug, 'push', '{"ref":"main"}');
      await heard;
      expect((await settled(host.paggio, owner, id)).status).toBe('delivered');
    });

    afterAll(async () => (await started)?.stop(), 60_000);
  });
}

async function message(child: ChildProcess): Promise<unknown> {
  const [value] = (await once(child, 'message')) as [unknown];
  return value;
}
