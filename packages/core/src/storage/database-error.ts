import { refusalOf } from '../telemetry/fault';

/** Members of an error of PostgreSQL that name parts of the schema or of the server. All others may hold values. */
const kept: ReadonlySet<string> = new Set([
  'name',
  'length',
  'code',
  'severity',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'position',
  'file',
  'line',
  'routine',
  'errno',
  'syscall',
  'address',
  'port',
  'driverError',
]);

/**
 * Removes the values of parameters and rows from an error of pg or TypeORM, in place. PostgreSQL puts them into
 * `detail`, `where` and some messages, and TypeORM adds the statement with its parameters. However the error is logged
 * then, the log has none of them.
 */
export function dropValues(error: unknown): void {
  if (typeof error !== 'object' || error === null) return;
  for (const name of Object.keys(error)) {
    if (!kept.has(name)) Reflect.deleteProperty(error, name);
  }
  const { message, stack, driverError } = error as Record<string, unknown>;
  if (driverError !== undefined) dropValues(driverError);
  const refusal = refusalOf(error);
  if (refusal === null || message === refusal) return;
  Object.assign(error, { message: refusal });
  if (typeof stack === 'string') Object.assign(error, { stack: stack.replace(String(message), () => refusal) });
}
