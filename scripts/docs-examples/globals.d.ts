// Names that the examples of the documentation use without declaring them. An example may declare one itself, which
// shadows it. Everything else that an example needs has to be in it, so that a reader can copy it.
import type * as Client from '@paggio/client';
import type * as Core from '@paggio/core';
import type * as Express from '@paggio/express';
import type * as Http from '@paggio/http';
import type * as Nest from '@paggio/nestjs';
import type * as NestTypeOrm from '@nestjs/typeorm';
import type * as ExpressTypes from 'express';
import type { Server } from 'node:http';
import type StripeTypes from 'stripe';
import type * as TypeOrm from 'typeorm';

declare global {
  // Paggio in the reader's app.
  const paggio: Core.Paggio;
  const handle: Http.NodeHandler;
  const gateway: Express.PaggioMiddleware;
  const createClient: typeof Client.createClient;
  const createPaggio: typeof Core.createPaggio;
  const InjectPaggio: typeof Nest.InjectPaggio;
  const InjectSignInLink: typeof Nest.InjectSignInLink;
  const OnWebhook: typeof Nest.OnWebhook;
  const PaggioModule: typeof Nest.PaggioModule;
  const paggioMiddleware: typeof Express.paggioMiddleware;
  const RetryLater: typeof Core.RetryLater;
  const unwrap: typeof Client.unwrap;
  type HandlerContext<Tx = undefined> = Core.HandlerContext<Tx>;
  type Paggio = Core.Paggio;
  type SignInLink = Nest.SignInLink;
  type WebhookEvent<Payload = unknown> = Core.WebhookEvent<Payload>;

  // Functions and values of the reader's app.
  const app: ExpressTypes.Express;
  const bodyParser: () => import('koa').Middleware;
  const express: typeof import('express');
  const order: Order;
  const server: Server;
  const text: string;
  const userId: string;
  function alert(...facts: unknown[]): void;
  function isInternal(address: string | undefined): boolean;
  function markPaid(...facts: unknown[]): Promise<void>;
  class Order {
    id: string;
  }

  // TypeORM, Nest and Stripe in the reader's app.
  const dataSource: TypeOrm.DataSource;
  const getDataSourceToken: typeof NestTypeOrm.getDataSourceToken;
  type DataSource = TypeOrm.DataSource;
  type EntityManager = TypeOrm.EntityManager;
  namespace Stripe {
    type Event = StripeTypes.Event;
    type InvoicePaidEvent = StripeTypes.InvoicePaidEvent;
  }
  class ConfigService {
    getOrThrow(name: string): string;
  }

  // Values that a reader gives to an API client.
  const apiKey: string;
  const baseUrl: string;
  const endpointId: string;
  const id: string;
  const secret: string;
}

declare module 'express-serve-static-core' {
  interface Request {
    /** The session of the reader's app. */
    session: { user?: { id: string } };
  }
}
