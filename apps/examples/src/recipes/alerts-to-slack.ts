import { unwrap, type PaggioClient } from '@paggio/client';

export async function alertSlack(paggio: PaggioClient, slackUrl: string): Promise<void> {
  unwrap(
    await paggio.notifications.put({
      // failing: a destination has been down for a while. paused: Paggio gave it up. recovered: it works again.
      slack: { url: slackUrl, triggers: ['failing', 'paused', 'recovered'] },
      failing_after_minutes: 5,
    }),
  );
  // A message in the channel shows that the URL is right.
  unwrap(await paggio.notifications.test({ channel: 'slack' }));
}
