import type { Make, SampleParts, Samples } from './sample-parts';

type Build = (make: Make) => object;

const stripe =
  (type: string, object: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      id: make.id('evt_'),
      object: 'event',
      api_version: '2025-09-30.clover',
      created: make.unix,
      data: { object: object(make) },
      livemode: false,
      pending_webhooks: 1,
      request: { id: make.id('req_', 14), idempotency_key: make.uuid() },
      type,
    },
  });

const paymentIntent =
  (status: string): Build =>
  (make) => ({
    id: make.id('pi_'),
    object: 'payment_intent',
    amount: 2000,
    amount_received: status === 'succeeded' ? 2000 : 0,
    capture_method: 'automatic',
    created: make.unix,
    currency: 'eur',
    customer: make.id('cus_', 14),
    description: 'Order 1042',
    last_payment_error:
      status === 'succeeded' ? null : { code: 'card_declined', decline_code: 'insufficient_funds', type: 'card_error' },
    livemode: false,
    metadata: { order_id: '1042' },
    payment_method_types: ['card'],
    status,
  });

const invoice =
  (status: string): Build =>
  (make) => ({
    id: make.id('in_'),
    object: 'invoice',
    amount_due: 4900,
    amount_paid: status === 'paid' ? 4900 : 0,
    amount_remaining: status === 'paid' ? 0 : 4900,
    attempt_count: 1,
    billing_reason: 'subscription_cycle',
    collection_method: 'charge_automatically',
    created: make.unix,
    currency: 'eur',
    customer: make.id('cus_', 14),
    customer_email: 'ada@example.com',
    lines: {
      object: 'list',
      data: [
        { id: make.id('il_'), object: 'line_item', amount: 4900, currency: 'eur', description: '1 × Pro', quantity: 1 },
      ],
      has_more: false,
    },
    livemode: false,
    number: 'A1B2C3D4-0007',
    status,
    subtotal: 4900,
    total: 4900,
  });

const subscription =
  (status: string): Build =>
  (make) => ({
    id: make.id('sub_'),
    object: 'subscription',
    cancel_at_period_end: false,
    created: make.unix,
    currency: 'eur',
    customer: make.id('cus_', 14),
    items: {
      object: 'list',
      data: [
        {
          id: make.id('si_', 14),
          object: 'subscription_item',
          current_period_start: make.unix,
          current_period_end: make.unix + 30 * 86_400,
          price: {
            id: make.id('price_'),
            object: 'price',
            currency: 'eur',
            unit_amount: 4900,
            recurring: { interval: 'month' },
          },
          quantity: 1,
        },
      ],
    },
    livemode: false,
    status,
  });

const checkout: Build = (make) => ({
  id: make.id('cs_test_', 58),
  object: 'checkout.session',
  amount_subtotal: 4900,
  amount_total: 4900,
  created: make.unix,
  currency: 'eur',
  customer: make.id('cus_', 14),
  customer_details: { email: 'ada@example.com', name: 'Ada Example' },
  livemode: false,
  mode: 'payment',
  payment_intent: make.id('pi_'),
  payment_status: 'paid',
  status: 'complete',
});

const charge: Build = (make) => ({
  id: make.id('ch_'),
  object: 'charge',
  amount: 2000,
  amount_refunded: 2000,
  currency: 'eur',
  payment_intent: make.id('pi_'),
  refunded: true,
  status: 'succeeded',
});

const shopify =
  (topic: string, body: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    headers: {
      'X-Shopify-Topic': topic,
      'X-Shopify-Shop-Domain': 'paggio-example.myshopify.com',
      'X-Shopify-Api-Version': '2026-01',
      'X-Shopify-Webhook-Id': make.uuid(),
      'X-Shopify-Event-Id': make.uuid(),
      'X-Shopify-Triggered-At': make.now.toISOString(),
    },
    body: body(make),
  });

const order =
  (paid: boolean): Build =>
  (make) => ({
    id: Number(make.digits(13)),
    admin_graphql_api_id: `gid://shopify/Order/${make.digits(13)}`,
    created_at: make.now.toISOString(),
    currency: 'EUR',
    email: 'ada@example.com',
    financial_status: paid ? 'paid' : 'pending',
    fulfillment_status: null,
    line_items: [
      {
        id: Number(make.digits(13)),
        title: 'Notebook',
        price: '19.90',
        quantity: 2,
        sku: 'NB-1',
        product_id: Number(make.digits(13)),
      },
    ],
    name: '#1042',
    order_number: 1042,
    subtotal_price: '39.80',
    total_price: '44.70',
    total_tax: '7.14',
    customer: { id: Number(make.digits(13)), email: 'ada@example.com', first_name: 'Ada', last_name: 'Example' },
    shipping_address: {
      first_name: 'Ada',
      last_name: 'Example',
      address1: 'Example Street 1',
      city: 'Berlin',
      zip: '10115',
      country_code: 'DE',
    },
  });

const paypal =
  (type: string, resourceType: string, resource: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      id: make.id('WH-', 32).toUpperCase(),
      event_version: '1.0',
      create_time: make.now.toISOString(),
      resource_type: resourceType,
      event_type: type,
      summary: `Payment ${type.split('.').at(-1)?.toLowerCase()} for EUR 20.00`,
      resource: resource(make),
      links: [],
    },
  });

const capture =
  (status: string): Build =>
  (make) => ({
    id: make.id('', 17).toUpperCase(),
    amount: { currency_code: 'EUR', value: '20.00' },
    final_capture: true,
    seller_receivable_breakdown: {
      gross_amount: { currency_code: 'EUR', value: '20.00' },
      paypal_fee: { currency_code: 'EUR', value: '0.85' },
    },
    status,
    create_time: make.now.toISOString(),
    update_time: make.now.toISOString(),
  });

const square =
  (type: string, kind: string, object: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      merchant_id: make.id('', 13).toUpperCase(),
      type,
      event_id: make.uuid(),
      created_at: make.now.toISOString(),
      data: { type: kind, id: make.id('', 22), object: { [kind]: object(make) } },
    },
  });

const paddle =
  (type: string, data: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      event_id: `evt_${make.id('', 26).toLowerCase()}`,
      event_type: type,
      occurred_at: make.now.toISOString(),
      notification_id: `ntf_${make.id('', 26).toLowerCase()}`,
      data: data(make),
    },
  });

const paddleId = (make: Make, prefix: string): string => `${prefix}_01${make.id('', 24).toLowerCase()}`;

const paddlePrice: Build = (make) => ({
  id: paddleId(make, 'pri'),
  product_id: paddleId(make, 'pro'),
  name: 'Monthly',
  description: 'Pro, monthly',
  type: 'standard',
  status: 'active',
  tax_mode: 'account_setting',
  billing_cycle: { interval: 'month', frequency: 1 },
  trial_period: null,
  unit_price: { amount: '4118', currency_code: 'EUR' },
  unit_price_overrides: [],
  quantity: { minimum: 1, maximum: 100 },
  custom_data: null,
  created_at: make.now.toISOString(),
  updated_at: make.now.toISOString(),
});

const paddleProduct: Build = (make) => ({
  id: paddleId(make, 'pro'),
  name: 'Pro',
  description: 'Everything',
  type: 'standard',
  status: 'active',
  tax_category: 'standard',
  image_url: null,
  custom_data: null,
  created_at: make.now.toISOString(),
  updated_at: make.now.toISOString(),
});

const transaction: Build = (make) => {
  const price = paddlePrice(make) as { id: string };
  const totals = { subtotal: '4118', discount: '0', tax: '782', total: '4900' };
  return {
    id: paddleId(make, 'txn'),
    status: 'completed',
    customer_id: paddleId(make, 'ctm'),
    address_id: paddleId(make, 'add'),
    business_id: null,
    subscription_id: null,
    discount_id: null,
    invoice_id: null,
    invoice_number: null,
    custom_data: { order_id: '1042' },
    currency_code: 'EUR',
    origin: 'web',
    collection_mode: 'automatic',
    billing_details: null,
    billing_period: null,
    items: [{ price, price_id: price.id, quantity: 1, proration: null }],
    details: {
      totals: {
        ...totals,
        credit: '0',
        credit_to_balance: '0',
        balance: '0',
        grand_total: '4900',
        grand_total_tax: '782',
        fee: '295',
        earnings: '3823',
        currency_code: 'EUR',
      },
      adjusted_totals: null,
      payout_totals: null,
      adjusted_payout_totals: null,
      tax_rates_used: [{ tax_rate: '0.19', totals }],
      line_items: [
        {
          id: paddleId(make, 'txnitm'),
          price_id: price.id,
          quantity: 1,
          proration: null,
          tax_rate: '0.19',
          unit_totals: totals,
          totals,
          product: paddleProduct(make),
        },
      ],
    },
    payments: [],
    checkout: { url: 'https://shop.example.com/pay' },
    created_at: make.now.toISOString(),
    updated_at: make.now.toISOString(),
    billed_at: make.now.toISOString(),
    revised_at: null,
  };
};

const paddleSubscription =
  (status: string): Build =>
  (make) => {
    const now = make.now.toISOString();
    const later = new Date(make.now.getTime() + 30 * 86_400_000).toISOString();
    return {
      id: paddleId(make, 'sub'),
      transaction_id: paddleId(make, 'txn'),
      status,
      customer_id: paddleId(make, 'ctm'),
      address_id: paddleId(make, 'add'),
      business_id: null,
      currency_code: 'EUR',
      collection_mode: 'automatic',
      billing_details: null,
      billing_cycle: { interval: 'month', frequency: 1 },
      current_billing_period: status === 'active' ? { starts_at: now, ends_at: later } : null,
      scheduled_change: null,
      discount: null,
      items: [
        {
          status: status === 'active' ? 'active' : 'inactive',
          quantity: 1,
          recurring: true,
          created_at: now,
          updated_at: now,
          previously_billed_at: now,
          next_billed_at: status === 'active' ? later : null,
          trial_dates: null,
          price: paddlePrice(make),
          product: paddleProduct(make),
        },
      ],
      custom_data: null,
      started_at: now,
      first_billed_at: now,
      next_billed_at: status === 'active' ? later : null,
      paused_at: null,
      canceled_at: status === 'canceled' ? now : null,
      created_at: now,
      updated_at: now,
    };
  };

const gocardless =
  (resource: string, action: string, link: string): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      events: [
        {
          id: make.id('EV', 12).toUpperCase(),
          created_at: make.now.toISOString(),
          resource_type: resource,
          action,
          links: { [link]: make.id(link.slice(0, 2).toUpperCase(), 12).toUpperCase() },
          details: {
            origin: 'gocardless',
            cause: `${link}_${action}`,
            description: 'A sample.',
          },
          metadata: {},
          resource_metadata: { order_id: '1042' },
        },
      ],
      meta: { webhook_id: make.id('WB', 12).toUpperCase() },
    },
  });

const coinbase =
  (type: string): ((make: Make) => SampleParts) =>
  (make) => {
    const code = make.id('', 8).toUpperCase();
    return {
      headers: { 'X-CC-Webhook-Version': '2018-03-22' },
      body: {
        attempt_number: 1,
        event: {
          api_version: '2018-03-22',
          created_at: make.now.toISOString(),
          data: {
            id: make.uuid(),
            code,
            resource: 'charge',
            name: 'Order 1042',
            description: 'Two notebooks',
            hosted_url: `https://commerce.coinbase.com/charges/${code}`,
            pricing_type: 'fixed_price',
            pricing: { local: { amount: '39.80', currency: 'EUR' } },
            metadata: { order_id: '1042' },
            payments: [],
            timeline: [{ status: 'NEW', time: make.now.toISOString() }],
            created_at: make.now.toISOString(),
            expires_at: new Date(make.now.getTime() + 3_600_000).toISOString(),
          },
          id: make.uuid(),
          resource: 'event',
          type,
        },
        id: make.digits(8),
        scheduled_for: make.now.toISOString(),
      },
    };
  };

const adyen =
  (eventCode: string, success: boolean): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      live: 'false',
      notificationItems: [
        {
          NotificationRequestItem: {
            additionalData: { hmacSignature: '', expiryDate: '12/2030', cardSummary: '0010' },
            amount: { currency: 'EUR', value: 1130 },
            eventCode,
            eventDate: make.now.toISOString(),
            merchantAccountCode: 'PaggioExample',
            merchantReference: 'order-1042',
            paymentMethod: 'mc',
            pspReference: make.digits(16),
            reason: success ? '033899:1111:03/2030' : 'Refused',
            success: String(success),
          },
        },
      ],
    },
  });

const razorpay =
  (type: string, status: string): ((make: Make) => SampleParts) =>
  (make) => ({
    headers: { 'X-Razorpay-Event-Id': make.id('', 14) },
    body: {
      entity: 'event',
      account_id: make.id('acc_', 14),
      event: type,
      contains: ['payment'],
      payload: {
        payment: {
          entity: {
            id: make.id('pay_', 14),
            entity: 'payment',
            amount: 50_000,
            currency: 'INR',
            status,
            method: 'upi',
            captured: status === 'captured',
          },
        },
      },
      created_at: make.unix,
    },
  });

export const aboutMoney: Readonly<Record<string, Samples>> = {
  stripe: {
    'payment_intent.succeeded': stripe('payment_intent.succeeded', paymentIntent('succeeded')),
    'payment_intent.payment_failed': stripe('payment_intent.payment_failed', paymentIntent('requires_payment_method')),
    'checkout.session.completed': stripe('checkout.session.completed', checkout),
    'invoice.paid': stripe('invoice.paid', invoice('paid')),
    'invoice.payment_failed': stripe('invoice.payment_failed', invoice('open')),
    'customer.subscription.created': stripe('customer.subscription.created', subscription('active')),
    'customer.subscription.updated': stripe('customer.subscription.updated', subscription('past_due')),
    'customer.subscription.deleted': stripe('customer.subscription.deleted', subscription('canceled')),
    'charge.refunded': stripe('charge.refunded', charge),
  },
  shopify: {
    'orders/create': shopify('orders/create', order(false)),
    'orders/paid': shopify('orders/paid', order(true)),
    'products/update': shopify('products/update', (make) => ({
      id: Number(make.digits(13)),
      title: 'Notebook',
      handle: 'notebook',
      status: 'active',
      updated_at: make.now.toISOString(),
      variants: [{ id: Number(make.digits(13)), price: '19.90', sku: 'NB-1', inventory_quantity: 12 }],
    })),
    'app/uninstalled': shopify('app/uninstalled', (make) => ({
      id: Number(make.digits(11)),
      name: 'Paggio Example',
      domain: 'paggio-example.myshopify.com',
      plan_name: 'basic',
    })),
  },
  paypal: {
    'PAYMENT.CAPTURE.COMPLETED': paypal('PAYMENT.CAPTURE.COMPLETED', 'capture', capture('COMPLETED')),
    'PAYMENT.CAPTURE.DENIED': paypal('PAYMENT.CAPTURE.DENIED', 'capture', capture('DECLINED')),
    'BILLING.SUBSCRIPTION.ACTIVATED': paypal('BILLING.SUBSCRIPTION.ACTIVATED', 'subscription', (make) => ({
      id: make.id('I-', 12).toUpperCase(),
      plan_id: make.id('P-', 24).toUpperCase(),
      status: 'ACTIVE',
      start_time: make.now.toISOString(),
    })),
  },
  square: {
    'payment.updated': square('payment.updated', 'payment', (make) => ({
      id: make.id('', 22),
      amount_money: { amount: 2000, currency: 'USD' },
      status: 'COMPLETED',
      source_type: 'CARD',
      order_id: make.id('', 22),
      created_at: make.now.toISOString(),
    })),
    'refund.created': square('refund.created', 'refund', (make) => ({
      id: make.id('', 22),
      amount_money: { amount: 500, currency: 'USD' },
      status: 'PENDING',
      payment_id: make.id('', 22),
    })),
  },
  paddle: {
    'transaction.completed': paddle('transaction.completed', transaction),
    'subscription.created': paddle('subscription.created', paddleSubscription('active')),
    'subscription.canceled': paddle('subscription.canceled', paddleSubscription('canceled')),
  },
  gocardless: {
    'payments.paid_out': gocardless('payments', 'paid_out', 'payment'),
    'payments.failed': gocardless('payments', 'failed', 'payment'),
    'mandates.active': gocardless('mandates', 'active', 'mandate'),
  },
  'coinbase-commerce': {
    'charge:confirmed': coinbase('charge:confirmed'),
    'charge:created': coinbase('charge:created'),
    'charge:failed': coinbase('charge:failed'),
  },
  adyen: {
    AUTHORISATION: adyen('AUTHORISATION', true),
    CAPTURE: adyen('CAPTURE', true),
    REFUND: adyen('REFUND', true),
    CANCELLATION: adyen('CANCELLATION', false),
  },
  razorpay: {
    'payment.captured': razorpay('payment.captured', 'captured'),
    'payment.failed': razorpay('payment.failed', 'failed'),
  },
};
