import { type PaggioError, unavailable } from '../errors';
import type { StatementFailure } from '../flow/group-writer';

/** The codes of the server that mean something to Paggio, under their names in PostgreSQL (Appendix A of its manual). */
export const sqlState = {
  protocolViolation: '08P01',
  readOnlySqlTransaction: '25006',
  invalidAuthorizationSpecification: '28000',
  invalidPassword: '28P01',
  invalidCatalogName: '3D000',
  invalidSchemaName: '3F000',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  insufficientPrivilege: '42501',
  undefinedTable: '42P01',
  undefinedColumn: '42703',
  diskFull: '53100',
  outOfMemory: '53200',
  tooManyConnections: '53300',
  objectNotInPrerequisiteState: '55000',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
} as const;

/** Connection exceptions, insufficient resources and operator intervention. */
const AWAY = /^(?:08|53|57)[0-9A-Z]{3}$/;
/** Data exceptions, and violations of constraints. */
const BAD_DATA = /^2[23][0-9A-Z]{3}$/;

const byState: Readonly<Record<string, StatementFailure>> = {
  [sqlState.deadlockDetected]: 'conflict',
  [sqlState.serializationFailure]: 'conflict',
  [sqlState.lockNotAvailable]: 'conflict',
  [sqlState.queryCanceled]: 'timeout',
  [sqlState.readOnlySqlTransaction]: 'unavailable',
};

/** Node's codes for a host that cannot be found or reached, and for a connection that breaks. */
const socketCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Errors that pg, its pool and TypeORM make without a code. */
const byMessage: Readonly<Record<string, StatementFailure>> = {
  'Query read timeout': 'timeout',
  'Connection terminated': 'unavailable',
  'Connection terminated unexpectedly': 'unavailable',
  'Connection terminated due to connection timeout': 'unavailable',
  'Client has encountered a connection error and is not queryable': 'unavailable',
  'Client was closed and is not queryable': 'unavailable',
  'timeout expired': 'unavailable',
  'timeout exceeded when trying to connect': 'unavailable',
  'Driver not Connected': 'unavailable',
};

/** What an error of PostgreSQL, pg, TypeORM or the network means for the statement that failed. */
export function failureOf(error: unknown): StatementFailure {
  const { code, message } = driverErrorOf(error);
  if (typeof code !== 'string') return (typeof message === 'string' ? own(byMessage, message) : undefined) ?? 'other';
  const named = own(byState, code);
  if (named !== undefined) return named;
  if (BAD_DATA.test(code)) return 'bad_data';
  return AWAY.test(code) || socketCodes.has(code) ? 'unavailable' : 'other';
}

/**
 * Returns the error for a request that met a database which is away or too slow.
 * @returns `UNAVAILABLE`; null when the error means something else
 */
export function databaseUnavailable(error: unknown): PaggioError | null {
  const failure = failureOf(error);
  return failure === 'unavailable' || failure === 'timeout' ? unavailable('The database is unavailable') : null;
}

/** Whether a table, a column or the schema itself is missing, as before a migration has run. */
export function isSchemaMissing(error: unknown): boolean {
  const { code } = driverErrorOf(error);
  return code === sqlState.undefinedTable || code === sqlState.undefinedColumn || code === sqlState.invalidSchemaName;
}

/** The error itself, or the one of pg inside an error of TypeORM, which has another message. */
function driverErrorOf(error: unknown): { code?: unknown; message?: unknown } {
  if (typeof error !== 'object' || error === null) return {};
  return (error as { driverError?: object }).driverError ?? error;
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
