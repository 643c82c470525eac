import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A request as its receiver gets it, with the receiver's configuration. */
export interface ReceivedRequest {
  /** Name in the catalogue. */
  provider: string;
  rawHeaders: readonly string[];
  bodyBase64: string;
  /** The receiver's URL as it is configured, with the query of the request. */
  url: string;
  secret: string;
  settings: Readonly<Record<string, string>>;
  /** PEM, for messages that name a certificate. */
  publicKey: string | null;
}

export interface VendorAnswers {
  /** Providers whose own package can judge. */
  names: string[];
  /** For each request: `null`, or why the vendor's package refuses it. */
  answers: (string | null)[];
  /** A request that LiveKit's package signed with the secret `a secret of livekit`, if it judged a request. */
  livekit: { body: string; jwt: string } | null;
}

/** Asks the vendors' own npm packages, in a process of their own: several are ES modules, which Jest cannot load. */
export function askVendors(requests: readonly ReceivedRequest[]): VendorAnswers {
  const child = spawnSync(process.execPath, [join(__dirname, 'vendors.mjs')], {
    input: JSON.stringify(requests),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout.slice(child.stdout.lastIndexOf('\n'))) as VendorAnswers;
}
