import { createPaggio, type Owner } from '@paggio/core';
import { SECRET } from '../message';

export interface EndpointOptions {
  /** The user that owns it. Default: the operator, who has the key. */
  userId?: string;
  destinationUrl: string;
  concurrency?: number;
  timeoutSeconds?: number;
  retry?: object;
}

export interface SetUp {
  databaseUrl: string;
  /** Hexadecimal. */
  masterKey: string;
  /** The text of the API key to create. */
  key: string;
  endpoints: readonly EndpointOptions[];
}

const operator: Owner = { userId: 'operator', mode: 'live' };
/** Retries that end within seconds, so that a run does not wait for hours. */
const RETRY = { maxAttempts: 8, baseSeconds: 1, factor: 1.5, capSeconds: 4, floorSeconds: 0.2 };

/** Makes the schema, the key and the endpoints. @returns the paths of their webhook URLs */
export async function setUp({ databaseUrl, masterKey, key, endpoints }: SetUp): Promise<string[]> {
  const paggio = createPaggio({
    database: { url: databaseUrl },
    masterKey: Buffer.from(masterKey, 'hex'),
    allowedNetworks: ['127.0.0.0/8'],
    publicUrl: 'http://ledger.test',
    roles: ['api'],
  });
  await paggio.start();
  try {
    await paggio.admin.keys.createFirst(operator.userId, key);
    const paths: string[] = [];
    for (const [index, { userId, ...options }] of endpoints.entries()) {
      const { endpoint } = await paggio.admin.endpoints.create(
        { ...operator, userId: userId ?? operator.userId },
        {
          name: `ledger ${index + 1}`,
          concurrency: 16,
          retry: RETRY,
          verification: { provider: 'github', secrets: [SECRET] },
          ...options,
        },
      );
      paths.push(new URL(endpoint.webhookUrl).pathname);
    }
    return paths;
  } finally {
    await paggio.stop();
  }
}
