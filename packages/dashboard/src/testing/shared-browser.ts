import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface SharedBrowser {
  /** Returns the address of the browser to a GET request. */
  url: string;
  pid: number;
  stop(): Promise<void>;
}

// The tabs of a context show pages of a single host, so they can share a process. Without a GPU, its process would only
// pass pictures on.
const flags = ['--disable-gpu', '--in-process-gpu', '--disable-quic', '--process-per-site'];

/**
 * Offers one browser to all test files of a run. It starts with the first request, because most runs of a few files
 * need no browser.
 */
export async function offerBrowser(executable: string): Promise<SharedBrowser> {
  const child = spawn(process.execPath, [join(__dirname, 'browser-server.mjs'), executable, ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const first = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const [url] = await Promise.race([
    first,
    ended.then(() => Promise.reject(new Error('The browser server has ended.'))),
  ]);
  return {
    url,
    pid: child.pid as number,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
