import { PermanentFailure } from './failures';
import { transactionControlIn } from '../storage/transaction-control';

type Method = (this: unknown, ...values: unknown[]) => unknown;

/** Members through which TypeORM reaches the same transaction. */
const sameTransaction = new Set<string | symbol>(['queryRunner', 'databaseConnection', 'manager']);
/** Methods that release or close the connection, and so end the transaction. */
const endings = new Set<string | symbol>(['release', 'end']);

/**
 * The transaction of a handler, which the handler cannot begin, commit or roll back itself. An ORM that opens its own
 * transaction on this connection would commit the handler's writes before the delivery is settled, and the next attempt
 * would write them again. Such statements are refused before they reach the server.
 */
export class GuardedTransaction {
  /** The guarded transaction for the handler. It has the same members as the original. */
  readonly tx: unknown;
  /** The first refusal. The attempt fails with it, even if the handler swallows the error. */
  refusal: PermanentFailure | undefined;
  private readonly guarded = new WeakMap<object, object>();

  constructor(tx: unknown) {
    this.tx = this.guard(tx);
  }

  private guard(target: unknown): unknown {
    if (typeof target !== 'object' || target === null) return target;
    const known = this.guarded.get(target);
    if (known) return known;
    // Methods of TypeORM must reach the members above through the guard. Others may have private members, which only
    // the target itself has.
    const isOfTypeOrm = ['queryRunner', 'isTransactionActive'].some((member) => member in target);
    const proxy: object = new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key);
        if (sameTransaction.has(key)) return this.guard(value);
        if (typeof value !== 'function' || key === 'constructor') return value;
        const owner = isOfTypeOrm ? proxy : target;
        if (key === 'query') return this.query(owner, value as Method);
        if (endings.has(key)) return () => this.refuse(`${String(key)}()`);
        if (key === 'connect')
          return async (...values: unknown[]) => this.guard(await (value as Method).apply(owner, values));
        return isOfTypeOrm ? value : (value as Method).bind(owner);
      },
    });
    this.guarded.set(target, proxy);
    return proxy;
  }

  private query(owner: object, query: Method): Method {
    return (...values) => {
      const control = transactionControlIn(textOf(values[0]));
      if (control === undefined) return query.apply(owner, values);
      const callback = callbackIn(values);
      try {
        return this.refuse(control);
      } catch (thrown) {
        const error = thrown as Error;
        // pg reports an error to the callback or by a promise. An object such as a cursor has its own protocol.
        if (callback) return void process.nextTick(callback, error);
        if (isSubmittable(values[0])) throw error;
        return Promise.reject(error);
      }
    };
  }

  private refuse(what: string): never {
    const message = `The handler used ${what} in its transaction. Paggio begins and ends this transaction, together with the delivery, so nothing was executed. Savepoints are allowed`;
    const refusal = new PermanentFailure(message);
    this.refusal ??= refusal;
    throw refusal;
  }
}

/** The text of a statement, which may be a string, a query configuration of pg, a cursor or a stream. */
function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  if (typeof statement !== 'object' || statement === null) return '';
  const { text, cursor } = statement as { text?: unknown; cursor?: { text?: unknown } };
  return [text, cursor?.text].find((one) => typeof one === 'string') ?? '';
}

function callbackIn(values: readonly unknown[]): ((error: unknown) => void) | undefined {
  const { callback } = (values[0] ?? {}) as { callback?: unknown };
  return [...values, callback].find((one) => typeof one === 'function') as ((error: unknown) => void) | undefined;
}

function isSubmittable(statement: unknown): boolean {
  return typeof (statement as { submit?: unknown } | null)?.submit === 'function';
}
