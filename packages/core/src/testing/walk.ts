import { captureFromGitHub, gitHub, owner, Recorder, settled, startGateway, until } from './index';
import { scopes, type PaggioOptions, type Principal } from '../index';
import type { TestDatabase } from '@paggio/embedded-database/testing';

const everything: Principal = { ...owner, scopes: new Set(scopes), keyId: null };
const paging = { limit: 10, offset: 0, startingAfter: null };

/**
 * Walks through what a gateway does with its database: capture, delivery to a URL and to a transactional handler, the
 * stream, management, statistics, replays, keys, sessions and publishing. Returns the kinds of values that came back.
 * If anything reads or writes the database in another way than on a stock connection, it fails or the kinds differ.
 */
export async function walk(database: TestDatabase, options: Partial<PaggioOptions> = {}): Promise<object> {
  const recorder = await Recorder.start();
  const effects: string[] = [];
  const faults: unknown[] = [];
  const gateway = await startGateway(options, {}, database, (paggio) => {
    paggio.subscribe((event) => event.type === 'fault' && faults.push(event.error));
    paggio.on(
      'github',
      'push',
      async (event, { tx }) => {
        await tx.query(`select set_config('walk.event', $1, true)`, [event.id]);
        effects.push(event.receivedAt.toISOString());
      },
      { transactional: true, name: 'walk' },
    );
  });
  const { paggio } = gateway;
  try {
    const seen: Record<string, unknown> = {};
    const { endpoint } = await paggio.admin.endpoints.create(owner, {
      name: 'walk',
      destinationUrl: recorder.url(),
      verification: gitHub,
      eventTypes: ['push', 'order.paid'],
    });
    seen['created'] = endpoint;
    const feed = paggio.admin.feed.follow(owner, null);
    seen['stream opened'] = (await feed.next()).value;
    const id = await captureFromGitHub(paggio, endpoint.slug, 'push', '{"price":1.10}');
    seen['event'] = await settled(paggio, owner, id);
    for (;;) {
      const message = (await feed.next()).value;
      if (!message || !('event' in message)) continue;
      seen['streamed'] = message;
      break;
    }
    await feed.return();
    seen['attempts'] = await paggio.admin.events.attempts(owner, id, paging);
    seen['events'] = await paggio.admin.events.list(owner, {}, paging);
    seen['contents'] = await paggio.admin.events.contents(owner, [id]);
    seen['explained'] = await paggio.admin.explanations.ofEvent(owner, id);
    seen['endpoint'] = await paggio.admin.endpoints.get(owner, endpoint.id);
    seen['endpoints'] = await paggio.admin.endpoints.list(owner, paging);
    seen['updated'] = await paggio.admin.endpoints.update(everything, endpoint.id, { name: 'walked' });
    seen['rotated'] = await paggio.admin.endpoints.rotateSecret(everything, endpoint.id);
    seen['stats'] = await until(paggio, async () => {
      const stats = await paggio.admin.stats.read(owner);
      return stats.delivered > 0 ? stats : undefined;
    });
    seen['replayed'] = await paggio.admin.replays.send(owner, id, { environment: 'original' });
    seen['copy'] = await settled(paggio, owner, await paggio.admin.replays.redeliver(owner, id, 'walk'));
    seen['repeated'] = await paggio.admin.replays.redeliver(owner, id, 'walk');
    const bulk = await paggio.admin.bulkReplays.create(owner, { filter: { status: 'delivered' } });
    seen['bulk'] = await until(paggio, async () => {
      const one = await paggio.admin.bulkReplays.get(owner, bulk.id as string);
      return one.status === 'completed' ? one : undefined;
    });
    const { apiKey, key } = await paggio.admin.keys.create(everything, { name: 'walk' });
    seen['key'] = apiKey;
    const holder = await paggio.admin.keys.authenticate(key);
    seen['holder'] = { ...holder, scopes: [...holder.scopes] };
    const session = await paggio.admin.sessions.find(await paggio.admin.sessions.open(everything));
    seen['session'] = { ...session, principal: null };
    seen['sessions'] = await paggio.admin.sessions.list(everything, paging);
    const own = { userId: owner.userId, eventType: 'order.paid', payload: {}, idempotencyKey: 'walk' };
    seen['published'] = await paggio.publish(own);
    seen['published again'] = await paggio.publish(own);
    seen['notifications'] = await paggio.admin.notifications.get(owner);
    seen['rejections'] = await paggio.admin.rejections.list(owner, null, paging);
    seen['audit'] = await paggio.admin.audit.list(owner, {}, paging);
    seen['handlers'] = await paggio.admin.handlers.list();
    seen['readiness'] = await paggio.readiness();
    seen['gauges'] = await paggio.host.gauges();
    if (effects.length === 0) throw new Error('the handler did not run');
    if (faults.length > 0) throw faults[0];
    return kindsOf(seen) as object;
  } finally {
    await gateway.stop();
    await recorder.stop();
  }
}

/** Returns the kind of every value; for a list, the kinds of its elements. */
function kindsOf(value: unknown): unknown {
  if (value === null || value === undefined) return 'nothing';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : 'date';
  if (Buffer.isBuffer(value)) return 'bytes';
  if (Array.isArray(value)) return [...new Set(value.map((one) => JSON.stringify(kindsOf(one))))].sort();
  if (typeof value !== 'object') return typeof value;
  const entries = Object.entries(value).map(([name, one]) => [name, kindsOf(one)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
