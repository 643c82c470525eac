/**
 * Makes the next delivery of the same order key due after one has ended, because it was postponed while that one was
 * pending. This covers only deliveries without an attempt, so that a retry keeps its time. Only a pending delivery has a
 * `due_at`. The outer condition does not say `pending`, because the planner could then read all pending deliveries of the
 * destination by `deliveries_due`.
 * @param ended rows (destination_id, order_key, order_seq)
 */
export function followersOf(ended: string): string {
  return `
    update paggio.deliveries f set due_at = now(), due_reason = null
    from (
      select n.event_id, n.destination_id from (${ended}) s cross join lateral (
        select d.event_id, d.destination_id from paggio.deliveries d
        where d.state = 'pending' and d.destination_id = s.destination_id and d.order_key = s.order_key
          and d.order_key is not null and d.order_seq > s.order_seq
        order by d.order_seq limit 1
      ) n
      where s.order_key is not null
    ) n
    where f.event_id = n.event_id and f.destination_id = n.destination_id
      and f.lease_token is null and f.attempt_count = 0 and f.due_at > now()`;
}

/**
 * Makes the followers due after deliveries of these events were cancelled. It is a separate statement after the commit
 * of the cancellation, because in the same statement it would not see deliveries that a claim postpones at that moment.
 */
export const WAKE_FOLLOWERS = followersOf(
  `select destination_id, order_key, order_seq from paggio.deliveries where event_id = any($1::uuid[]) and state <> 'pending'`,
);
