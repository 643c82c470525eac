export { errorAnswer, jsonAnswer, type Answer } from './answer';
export { Api, noSuchRoute, nobody, type ApiOptions, type Caller } from './api';
export { dialectNames, type DialectName } from './dialects';
export { createFetchHandler, type FetchHandler } from './fetch-handler';
export {
  createNodeHandler,
  normalizePath,
  writeAnswer,
  type HandlerOptions,
  type NodeHandler,
} from './node/node-handler';
export { readBody, RequestAborted } from './node/body';
export type { ApiRequest, Operation, OperationInput } from './operation';
export { operations } from './operations';
export { createDocument, type OpenApiDocument } from './openapi/document';
export { parse, parseJson } from './parse';
export { RemoteAddress } from './remote-address';
