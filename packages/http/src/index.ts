export { errorAnswer, jsonAnswer, type Answer } from './answer';
export { Api, noSuchRoute, type ApiOptions } from './api';
export { createFetchHandler, type FetchHandler } from './fetch-handler';
export {
  createNodeHandler,
  normalizePath,
  valuesOf,
  writeAnswer,
  type HandlerOptions,
  type NodeHandler,
} from './node/node-handler';
export { readBody, RequestAborted } from './node/body';
export type { ApiRequest, Operation, OperationInput } from './operation';
export { operations } from './operations';
export { parse, parseJson } from './parse';
