import type { Operation } from './operation';
import { destinationOperations } from './operations/destinations';
import { endpointOperations } from './operations/endpoints';
import { eventOperations } from './operations/events';
import { healthOperations } from './operations/health';
import { keyOperations } from './operations/keys';
import { replayOperations } from './operations/replays';

/** The contract as a table: every door serves exactly these. */
export const operations: readonly Operation[] = [
  ...healthOperations,
  ...eventOperations,
  ...replayOperations,
  ...endpointOperations,
  ...destinationOperations,
  ...keyOperations,
];
