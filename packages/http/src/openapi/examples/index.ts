import { administrationExamples } from './administration';
import { endpointExamples } from './endpoints';
import { eventExamples } from './events';
import type { Examples } from './example';

/** One example for each operation, by its id. */
export const examples: Examples = { ...administrationExamples, ...endpointExamples, ...eventExamples };
