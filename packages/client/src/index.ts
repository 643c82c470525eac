export type * from './api';
export { operations } from './api';
export type { CallInput, CallSettings, ClientOptions } from './caller';
export { createClient, PaggioClient, type IngestOptions } from './client';
export type { StreamMessage } from './event-stream';
export { PaggioClientError, unwrap, type ApiError, type Result, type Success } from './result';
