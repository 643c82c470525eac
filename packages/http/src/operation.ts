import type { ErrorCode, Paggio, Precondition, Principal, Scope } from '@paggio/core';
import type { ClassConstructor } from 'class-transformer';
import type { Answer } from './answer';
import type { Arrival } from './arrival';
import type { JsonSchema } from './openapi/schema';

/** A management request, in the same form from every adapter. Its body is read only after its sender is known. */
export interface ApiRequest {
  method: string;
  /** Without query, relative to the mount path. */
  path: string;
  /** The same with the mount path, as it was sent. */
  fullPath: string;
  /** Without the question mark. */
  query: string;
  /** Names and values in turn, as received. */
  rawHeaders: readonly string[];
  remoteAddr: string | null;
  arrival: Arrival;
  /** The request as the host's framework knows it. */
  hostRequest: unknown;
}

/**
 * Reads the body of a request.
 * @param limit its largest size in bytes
 * @param holder whose share of the memory for bodies it takes
 * @throws PaggioError `PAYLOAD_TOO_LARGE`, `RAW_BODY_CONSUMED`, `UNAVAILABLE` or `BAD_REQUEST`
 * @throws RequestAborted when the sender went away
 */
export interface ReadBody {
  (limit: number, holder: string): Promise<Buffer>;
  /** Call it once it is known that the sender may send this request, whatever the answer will be. */
  admit?: () => void;
}

/** The sender went away before the request was complete, so there is nobody to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/** A request whose route is known, before its query and body are checked. */
export interface RoutedRequest {
  paggio: Paggio;
  /** Present unless the operation is public. */
  principal: Principal;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  idempotencyKey: string | null;
  /** Reads the body. A failure before that is answered while the body is still arriving. */
  read: () => Promise<Buffer>;
  /** The request as it was received, for operations that capture it. */
  request: ApiRequest;
  /**
   * Whether the key or session of the principal is still valid, because it may end while a stream is open.
   * @throws when this cannot be checked now
   */
  stillValid: () => Promise<boolean>;
  /**
   * Counts an open stream of the principal.
   * @returns a function that counts it as closed; calling it again does nothing
   * @throws PaggioError `RATE_LIMITED` when too many are open
   */
  takeStream: () => () => void;
  /** The OpenAPI document of the operations that are served here. */
  document: () => object;
}

export interface OperationInput<Query extends object, Body extends object> extends Omit<
  RoutedRequest,
  'query' | 'read'
> {
  query: Query;
  body: Body;
  /** The body as sent. */
  source: Buffer;
  /** The condition that must hold at the moment of a change. */
  precondition: Precondition;
}

/** The body of answers with one status: JSON of this schema, another media type, or no body. */
export type AnswerShape = { schema: JsonSchema } | { mediaType: string; description: string } | null;

export interface HeaderFact {
  description: string;
  schema: JsonSchema;
  required?: boolean;
}

interface OperationFacts {
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for parameters. */
  path: string;
  /** `null` means public. */
  scope: Scope | null;
  /** A sentence that says what needs a further scope. The core enforces it. */
  furtherScope?: string;
  /** One sentence. */
  summary: string;
  /** An operation with a part is served only where that part is switched on. Others are served wherever the API is. */
  part?: 'health' | 'openapi' | 'metrics' | 'ingest';
  /** Request headers that the operation reads, in addition to those that follow from its other facts. */
  headers?: Readonly<Record<string, HeaderFact>>;
  /** Describes a body that may be any JSON, for operations that store its exact bytes. */
  anyBody?: string;
  /** Whether the operation honours an `Idempotency-Key`. */
  idempotent?: boolean;
  /** Whether the object has an `ETag`: answers carry it, and `If-Match` and `If-None-Match` are compared with it. */
  tagged?: boolean;
  answers: Readonly<Record<number, AnswerShape>>;
  /**
   * Members of the body that may hold any JSON. They are not validated, and are null in the DTO: the operation uses
   * their source text.
   */
  opaque?: readonly string[];
  /** Errors in addition to those that follow from its scope, parameters, query and body. */
  errors?: readonly ErrorCode[];
}

/** One row of the contract. */
export interface Operation extends OperationFacts {
  /** `null` means that it takes none. */
  query: ClassConstructor<object> | null;
  body: ClassConstructor<object> | null;
  /** Refuses a request for reasons that are known without its body. */
  admit?(head: Omit<RoutedRequest, 'read'>): Promise<void>;
  run(input: OperationInput<object, object>): Promise<Answer>;
}

interface OperationDefinition<Query extends object, Body extends object> extends OperationFacts {
  query?: ClassConstructor<Query>;
  body?: ClassConstructor<Body>;
  admit?(head: Omit<RoutedRequest, 'read'>): Promise<void>;
  run(input: OperationInput<Query, Body>): Promise<Answer>;
}

/** A row of the contract. `inputOf` checks the query and body by the row's DTOs before `run` gets them. */
export function operation<Query extends object = object, Body extends object = object>(
  definition: OperationDefinition<Query, Body>,
): Operation {
  return { ...definition, query: definition.query ?? null, body: definition.body ?? null };
}
