import type { Audit } from '../audit/audit';
import type { AddressGuard } from '../delivery/address-guard';
import { checkDestinationUrl } from '../delivery/destination-url';
import { invalid } from '../errors';
import type { Actor, Owner } from '../principal';
import type { NotificationStore } from '../storage/notification-store';
import type { ChannelSender, Sent } from './channel-sender';
import { testMessage } from './message';
import {
  channels,
  FAILING_MINUTES,
  type Channel,
  type NotificationSettings,
  type NotificationsInput,
} from './notification';

export interface NotificationsDependencies {
  store: NotificationStore;
  guard: AddressGuard;
  ownOrigins: () => ReadonlySet<string>;
  sender: ChannelSender;
  audit: Pick<Audit, 'note'>;
}

/** Where an owner is told what, in Slack and Discord. */
export class Notifications {
  constructor(private readonly dependencies: NotificationsDependencies) {}

  get(owner: Owner): Promise<NotificationSettings> {
    return this.dependencies.store.get(owner);
  }

  /**
   * Replaces the settings of both channels.
   * @throws PaggioError `VALIDATION_FAILED` or `DESTINATION_NOT_ALLOWED`
   */
  async put(actor: Actor, input: NotificationsInput): Promise<NotificationSettings> {
    const { guard, ownOrigins, store } = this.dependencies;
    const stored = await store.get(actor);
    const settings: NotificationSettings = {
      slack: null,
      discord: null,
      failingAfterMinutes: input.failingAfterMinutes ?? FAILING_MINUTES.default,
    };
    for (const channel of channels) {
      const wanted = input[channel];
      if (!wanted) continue;
      const field = `${channel}.url`;
      const text = wanted.url ?? stored[channel]?.url;
      if (text === undefined) throw invalid([{ field, message: `${field} is the incoming webhook, and is required.` }]);
      const url = wanted.url === undefined ? text : await checkDestinationUrl(text, field, guard, ownOrigins());
      settings[channel] = { url, triggers: [...new Set(wanted.triggers)] };
    }
    await store.put(actor, settings);
    return settings;
  }

  /**
   * Sends a message now, whatever the triggers are. The audit log keeps that it was sent.
   * @throws PaggioError `VALIDATION_FAILED` when the channel has no webhook
   */
  async test(actor: Actor, channel: Channel): Promise<Sent> {
    const { audit, sender, store } = this.dependencies;
    const settings = (await store.get(actor))[channel];
    if (!settings) throw invalid([{ field: 'channel', message: `There is no webhook for ${channel} yet.` }]);
    await audit.note(actor, { action: 'notifications.tested', objectId: null, before: null, after: { channel } });
    return sender.send(settings.url, testMessage(channel));
  }
}
