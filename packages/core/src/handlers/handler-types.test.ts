import type { EntityManager } from 'typeorm';
import type { PoolClient } from 'pg';
import type {
  Handler,
  HandlerContext,
  HandlerTransaction,
  PayloadOf,
  Paggio,
  Transaction,
  WebhookEvent,
} from '../index';

declare module '../index' {
  interface WebhookEvents {
    // No other test uses this name, because declarations apply everywhere.
    'a-typed-source': { 'invoice.paid': { amount: number }; 'invoice.voided': { reason: string }; 'refund.made': 1 };
  }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(yes: Same<A, B>): boolean => yes;
const sameAs = <A, B>(_value: A, yes: Same<A, B>): boolean => yes;

test('a payload has the declared type for one event type, a pattern or a list, and any type without a declaration', () => {
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
    // A handler may declare what it knows about its transaction.
    const exact = { transactional: true } as const;
    paggio.on('a-typed-source', '*', (_event, { tx }: HandlerContext<EntityManager>) => void tx.getRepository, exact);
    paggio.on(
      'stripe',
      '*',
      (_event: WebhookEvent<{ n: 1 }>, { tx }: HandlerContext<PoolClient>) => void tx.release,
      exact,
    );
    // @ts-expect-error this is not a transaction
    paggio.on('stripe', '*', (_event, { tx }: HandlerContext<string>) => void tx.length, exact);
    const own: Handler<{ n: number }> = () => undefined;
    // @ts-expect-error another payload than the declared one
    paggio.on('a-typed-source', 'invoice.paid', own);
  };
  expect(use).toBeDefined();
  // An EntityManager of TypeORM is a transaction.
  const asTransaction = (manager: EntityManager): Transaction => manager;
  expect(asTransaction).toBeDefined();
});
