import type { ErrorCode, Paggio, Precondition, Principal, Scope } from '@paggio/core';
import type { ClassConstructor } from 'class-transformer';
import type { Answer } from './answer';
import type { Arrival } from './arrival';
import type { JsonSchema } from './openapi/schema';

/** A management request, the same through every door. Its body is read only when it is known who sent it. */
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
  /** Tells that the sender may send this request, whatever the answer will be. */
  admit?: () => void;
}

/** The sender went away in the middle: there is nobody to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/** A request whose route is known, before its query and body are looked at. */
export interface RoutedRequest {
  paggio: Paggio;
  /** Present unless the operation is public. */
  principal: Principal;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  idempotencyKey: string | null;
  /** Reads the body. What fails before is answered while the body is still on its way. */
  read: () => Promise<Buffer>;
  /** The request as it came, for what is captured. */
  request: ApiRequest;
  /**
   * Whether the principal still is who it was: keys are revoked while a stream is read.
   * @throws when that cannot be known now
   */
  stillValid: () => Promise<boolean>;
  /**
   * Takes one of the places that the principal has for open streams.
   * @returns what gives the place back; further calls of it do nothing
   * @throws PaggioError `RATE_LIMITED` when all are taken
   */
  takeStream: () => () => void;
  /** The OpenAPI document of what is served here. */
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
  /** What must hold at the moment of a change. */
  precondition: Precondition;
}

/** What an answer of one status carries: JSON of this schema, another media type, or nothing. */
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
  /** Null: public. */
  scope: Scope | null;
  /** What needs a further scope, as a sentence. The core enforces it. */
  furtherScope?: string;
  /** One sentence. */
  summary: string;
  /** Served only where it was switched on; without: wherever the API is. */
  part?: 'health' | 'openapi' | 'metrics' | 'ingest';
  /** Headers of the request that the operation reads, besides those that follow from its other facts. */
  headers?: Readonly<Record<string, HeaderFact>>;
  /** Any JSON as the body, which is used by its bytes; for operations that keep it. */
  anyBody?: string;
  /** Whether an `Idempotency-Key` counts. */
  idempotent?: boolean;
  /** Whether the object has an `ETag`: answers carry it, and `If-Match` and `If-None-Match` are compared with it. */
  tagged?: boolean;
  answers: Readonly<Record<number, AnswerShape>>;
  /**
   * Members of the body that may hold any JSON and are used by their source text. They are not looked into, and read as
   * null in the DTO.
   */
  opaque?: readonly string[];
  /** Failures of its own, besides those that follow from its scope, parameters, query and body. */
  errors?: readonly ErrorCode[];
}

/** One row of the contract. */
export interface Operation extends OperationFacts {
  /** Null: it takes none. */
  query: ClassConstructor<object> | null;
  body: ClassConstructor<object> | null;
  /** Refuses a request for what is known without its body. */
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
