import type { EntityManager } from 'typeorm';
import type { Handler, HandlerTransaction, PayloadOf, Paggio, Transaction } from '../index';

declare module '../index' {
  interface WebhookEvents {
    // A name that no test uses, because declarations count everywhere.
    'a-typed-source': { 'invoice.paid': { amount: number }; 'invoice.voided': { reason: string }; 'refund.made': 1 };
  }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(yes: Same<A, B>): boolean => yes;
const sameAs = <A, B>(_value: A, yes: Same<A, B>): boolean => yes;

test('payloads have the declared type: of one type, of a pattern, of a list; and are free without a declaration', () => {
  type Typed<Type> = PayloadOf<'a-typed-source', Type>;
  same<Typed<'invoice.paid'>, { amount: number }>(true);
  same<Typed<'invoice.*'>, { amount: number } | { reason: string }>(true);
  same<Typed<'*'>, { amount: number } | { reason: string } | 1>(true);
  same<Typed<'not.declared'>, any>(true);
  same<PayloadOf<'stripe', 'invoice.paid'>, any>(true);
  same<HandlerTransaction, Transaction>(true);

  const use = (paggio: Paggio): void => {
    paggio.on('a-typed-source', 'invoice.paid', (event, context) => {
      const { payload } = event;
      const { tx } = context;
      sameAs<typeof payload, { amount: number }>(payload, true);
      sameAs<typeof tx, undefined>(tx, true);
    });
    paggio.on('a-typed-source', ['invoice.paid', 'refund.made'], ({ payload }) => {
      sameAs<typeof payload, { amount: number } | 1>(payload, true);
    });
    paggio.on('a-typed-source', 'invoice.*', (_event, { tx }) => void tx.query('select 1'), { transactional: true });
    // @ts-expect-error a handler that needs a transaction is not one without
    paggio.on('a-typed-source', '*', (_event, { tx }) => void tx.query('select 1'));
    const own: Handler<{ n: number }> = () => undefined;
    // @ts-expect-error another payload than the declared one
    paggio.on('a-typed-source', 'invoice.paid', own);
  };
  expect(use).toBeDefined();
  // What TypeORM gives is a transaction.
  const asTransaction = (manager: EntityManager): Transaction => manager;
  expect(asTransaction).toBeDefined();
});
