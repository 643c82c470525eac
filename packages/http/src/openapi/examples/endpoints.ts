import { GATEWAY, ids, page, SHOP, whole, type Examples } from './example';

const url = `${SHOP}/webhooks/orders`;
const item = {
  id: ids.destination,
  name: 'default',
  url,
  event_types: ['order.*'],
  headers_json: { 'X-Shop': 'berlin' },
  timeout_seconds: 10,
  retry: null,
  status: 'ACTIVE',
};
const endpoint = {
  id: ids.endpoint,
  user_id: 'user-1',
  name: 'orders',
  slug: 'orders-k3v9q2m7xa',
  webhook_url: `${GATEWAY}/api/webhook/orders-k3v9q2m7xa`,
  destination_url: url,
  description: 'Orders of the shop in Berlin',
  destinations: [item],
  event_types: [],
  headers_json: {},
  timeout_seconds: 10,
  retry: { max_attempts: 5, base_seconds: 2, factor: 2, cap_seconds: 30, floor_seconds: 1 },
  concurrency: 8,
  rate_limit: 20,
  order_by: '/data/order_id',
  acknowledgement: null,
  verification: null,
  methods: ['POST'],
  forward_identity_headers: false,
  status: 'ACTIVE',
  paused_at: null,
  pause_reason: null,
  mode: 'live',
  health: { label: 'healthy', success_rate: 1, delivered: 97, failed: 0 },
  created_at: '2026-03-02T08:15:30.000Z',
  updated_at: '2026-03-02T08:15:30.000Z',
};
const verification = {
  provider: 'github',
  scheme: null,
  secrets_count: 1,
  secrets_last_four: ['...ber!'],
  public_url: null,
  settings: {},
  replay_secrets_last_four: {},
};
const destination = {
  ...item,
  paused_at: null,
  pause_reason: null,
  circuit: { state: 'closed', retry_at: null },
  failing_since: null,
};
const path = { id: ids.endpoint };
const destinationPath = { id: ids.endpoint, destination_id: ids.destination };
const secret = 'whsec_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample0';

export const endpointExamples: Examples = {
  'endpoints.list': { query: { limit: 50, offset: 0 }, status: 200, answer: page(endpoint) },
  'endpoints.create': {
    body: {
      name: 'orders',
      description: 'Orders of the shop in Berlin',
      destinations: [{ url, event_types: ['order.*'], headers_json: { 'X-Shop': 'berlin' } }],
      retry: { preset: 'quick' },
      rate_limit: 20,
      order_by: '/data/order_id',
      verification: { provider: 'github', secrets: ['remember!'] },
      methods: ['POST'],
    },
    status: 201,
    answer: {
      ...endpoint,
      verification,
      health: { label: 'waiting', success_rate: null, delivered: 0, failed: 0 },
      secret,
    },
  },
  'endpoints.get': { path, status: 200, answer: endpoint },
  'endpoints.update': {
    path,
    body: { timeout_seconds: 20, status: 'PAUSED' },
    status: 200,
    answer: {
      ...endpoint,
      timeout_seconds: 20,
      status: 'PAUSED',
      paused_at: '2026-03-02T09:00:00.000Z',
      pause_reason: 'manual',
      updated_at: '2026-03-02T09:00:00.000Z',
    },
  },
  'endpoints.delete': { path, status: 204 },
  'endpoints.secret': { path, status: 200, answer: { secret } },
  'endpoints.rotate_secret': {
    path,
    body: { overlap_seconds: 3600 },
    status: 200,
    answer: { secret, previous_expires_at: '2026-03-02T10:00:00.000Z' },
  },
  'endpoints.test': {
    path,
    body: { event_type: 'order.created' },
    status: 202,
    answer: { id: ids.newEvent, status: 'QUEUED' },
  },
  'destinations.list': { path, status: 200, answer: whole(destination) },
  'destinations.create': {
    path,
    body: { name: 'warehouse', url: `${SHOP}/webhooks/stock`, event_types: ['order.paid'], timeout_seconds: 5 },
    status: 201,
    answer: {
      ...destination,
      id: ids.newDestination,
      name: 'warehouse',
      url: `${SHOP}/webhooks/stock`,
      event_types: ['order.paid'],
      headers_json: {},
      timeout_seconds: 5,
    },
  },
  'destinations.get': { path: destinationPath, status: 200, answer: destination },
  'destinations.update': {
    path: destinationPath,
    body: { retry: { schedule_seconds: [5, 60, 600] } },
    status: 200,
    answer: { ...destination, retry: { schedule_seconds: [5, 60, 600] } },
  },
  'destinations.delete': { path: destinationPath, status: 204 },
};
