import { PaggioError } from '../errors';
import { databaseUnavailable, sqlState } from './sql-errors';

interface Refusal {
  /** What is wrong. The words of PostgreSQL or the network follow it. */
  what: string;
  /** The next step. */
  hint: string;
  /** True if the same start may succeed a little later. */
  passes?: true;
}

const NETWORK =
  'Check the database URL (host and port), that the server runs, and that this machine may connect to it.';
const TLS =
  'Give the certificate of the authority with sslrootcert=/path/ca.pem in the database URL: docs/configuration.md, "TLS to the database".';
const MIGRATE =
  'Let an administrator prepare the schema: run the output of `paggio migrate --sql --grant <role>`, or `grant create on database <name> to <role>`. See docs/deploy.md, "A database role with no more rights than needed".';
const READ_ONLY =
  'Point the database URL to the primary. If it is the primary, find out why it is read-only (providers set this when the disk is full), then `alter database <name> set default_transaction_read_only = off`; a role can have it too.';

/** Refusals by SQLSTATE. */
const states: Readonly<Record<string, Refusal>> = {
  [sqlState.insufficientPrivilege]: { what: 'The database role lacks a right', hint: MIGRATE },
  [sqlState.readOnlySqlTransaction]: { what: 'The database is read-only', hint: READ_ONLY },
  [sqlState.protocolViolation]: {
    what: 'The database, or a pooler in front of it, does not accept the connection',
    hint: 'Connect to PostgreSQL itself, or to a pooler in session mode, and remove `options` from the database URL.',
  },
  [sqlState.invalidPassword]: {
    what: 'The database refused the password',
    hint: 'Check the user and password in the database URL, and percent-encode them.',
  },
  [sqlState.invalidAuthorizationSpecification]: {
    what: 'The database refused the user',
    hint: 'Check the user in the database URL, that the role may log in, and that pg_hba.conf lets it in from this machine. If the message says "no encryption", add sslmode=verify-full to the URL.',
  },
  [sqlState.invalidCatalogName]: {
    what: 'The database does not exist',
    hint: 'Create it, or correct the name at the end of the database URL.',
  },
  [sqlState.tooManyConnections]: {
    what: 'The database has no connections left',
    hint: 'Each process of Paggio holds 11 connections, and up to 4 more for transactional handlers. Raise max_connections (or the limit of the role or database), or run fewer processes.',
    passes: true,
  },
  [sqlState.diskFull]: {
    what: 'The disk of the database is full',
    hint: 'Free space on the disk of the database.',
    passes: true,
  },
  [sqlState.outOfMemory]: {
    what: 'The database is out of memory',
    hint: 'Give the database more memory, or fewer connections.',
    passes: true,
  },
  [sqlState.objectNotInPrerequisiteState]: {
    what: 'The database accepts no connections',
    hint: 'It may be a template database, or a restore may be running: see its log.',
  },
  [sqlState.lockNotAvailable]: {
    what: 'A lock in the database could not be obtained',
    hint: 'Start again when the other work has finished.',
    passes: true,
  },
  [sqlState.queryCanceled]: {
    what: 'A statement took too long',
    hint: 'Something may hold a lock on the tables of Paggio, or the server is overloaded: look at pg_stat_activity, then start again.',
    passes: true,
  },
  [sqlState.adminShutdown]: {
    what: 'The database ended the connection',
    hint: 'It is shutting down or restarting: start again.',
    passes: true,
  },
  [sqlState.crashShutdown]: {
    what: 'The database ended the connection',
    hint: 'It is restarting after a crash: start again.',
    passes: true,
  },
  [sqlState.cannotConnectNow]: {
    what: 'The database is not ready',
    hint: 'It is starting, stopping or recovering: start again in a moment.',
    passes: true,
  },
};

/** Refusals by the code of Node's own errors. */
const codes: Readonly<Record<string, Refusal>> = {
  ENOTFOUND: {
    what: 'The host of the database is unknown',
    hint: 'Correct the host in the database URL. A @ or / in the password must be percent-encoded (%40, %2F).',
    passes: true,
  },
  EAI_AGAIN: {
    what: 'The host of the database could not be looked up',
    hint: 'Check the name and the DNS of this machine.',
    passes: true,
  },
  ENOENT: {
    what: 'The socket of the database does not exist',
    hint: 'Check the directory in `host=` of the database URL, and that the server runs.',
  },
  EACCES: {
    what: 'This user may not open the socket of the database',
    hint: 'Run Paggio as a user that may open it, or connect by host name.',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: 'The certificate of the database is for another host',
    hint: 'Connect by a name that is in the certificate: docs/configuration.md, "TLS to the database".',
  },
  CERT_HAS_EXPIRED: {
    what: 'The certificate of the database has expired',
    hint: 'Renew the certificate of the server.',
  },
};

const NO_PASSWORD: Refusal = {
  what: 'The database asks for a password, but the configuration has none',
  hint: 'Add the password to the database URL (postgres://user:password@host/name), or set PGPASSWORD.',
};

const texts: readonly (Refusal & { like: RegExp })[] = [
  {
    like: /does not support SSL connections/,
    what: 'The database offers no TLS',
    hint: 'Switch TLS on at the server (`ssl = on`), or leave sslmode out of the database URL if the network is trusted.',
  },
  { ...NO_PASSWORD, like: /client password must be a (?:non-empty )?string/ },
  {
    like: /Password must be a string/,
    what: 'database.password did not return a string',
    hint: 'Return the password itself, or a promise of it.',
  },
  {
    like: /certificate|SSL|TLS/,
    what: 'No TLS connection to the database could be made',
    hint: TLS,
  },
];

/**
 * Turns an error of PostgreSQL, the network or TLS at a start into an error for the operator with the next step.
 * @returns null when the operator can do nothing about it
 */
export function startRefusal(error: unknown): PaggioError | null {
  if (error instanceof PaggioError) return error;
  const cause = sourceOf(error);
  const { code = '', severity, message = '', syscall } = cause;
  const fromServer = typeof severity === 'string';
  const refusal = fromServer ? stated(code, message) : (codes[code] ?? textual(message));
  if (refusal) return refused(refusal, message, error);
  // Poolers of providers answer with codes of internal errors: "Tenant or user not found".
  if (fromServer && (code.startsWith('XX') || code.startsWith('08')))
    return refused(
      { what: 'The database, or a pooler in front of it, refused', hint: NETWORK, passes: true },
      message,
      error,
    );
  if (!fromServer && (typeof syscall === 'string' || /^E[A-Z]+$/.test(code) || databaseUnavailable(cause) !== null))
    return unanswered(error);
  return null;
}

/** The error for a database whose writes are off by default. */
export function readOnly(): PaggioError {
  return new PaggioError('CONFLICT', 'The database is read-only: default_transaction_read_only is on', {
    hint: READ_ONLY,
  });
}

/** The error for a connection that cannot be made. */
export function unreachable(error: unknown): PaggioError {
  return startRefusal(error) ?? unanswered(error);
}

function unanswered(error: unknown): PaggioError {
  const { message, code } = sourceOf(error);
  return refused({ what: 'The database does not answer', hint: NETWORK, passes: true }, message || String(code), error);
}

function refused({ what, hint, passes }: Refusal, said: string, cause: unknown): PaggioError {
  return new PaggioError(passes ? 'UNAVAILABLE' : 'CONFLICT', said === '' ? what : `${what}: ${said}`, {
    hint,
    ...(passes ? { retryAfterSeconds: 5 } : {}),
    cause,
  });
}

function stated(code: string, message: string): Refusal | undefined {
  // With LDAP or PAM the server asks for the password itself. A client without one sends an empty text.
  return code === sqlState.invalidPassword && /^empty password/.test(message) ? NO_PASSWORD : states[code];
}

function textual(message: string): Refusal | undefined {
  return texts.find(({ like }) => like.test(message));
}

interface Source {
  code?: string;
  severity?: unknown;
  message: string;
  syscall?: unknown;
}

/** Finds the error of pg or Node inside one of TypeORM, and the error of the first of several addresses. */
function sourceOf(error: unknown): Source {
  const { driverError, errors, cause } = (error ?? {}) as {
    driverError?: unknown;
    errors?: unknown[];
    cause?: unknown;
  };
  if (driverError) return sourceOf(driverError);
  if (Array.isArray(errors) && errors.length > 0) return sourceOf(errors[0]);
  if (cause && (error as { code?: unknown }).code === undefined) return sourceOf(cause);
  // Does not go by class: an app may run Paggio in a realm of its own, where Node's errors are of another class.
  const isError = typeof error === 'object' && error !== null && typeof (error as Source).message === 'string';
  return isError ? (error as Source) : { message: String(error) };
}
