import type { Audit } from '../audit/audit';
import type { AddressGuard } from '../transport/address-guard';
import { checkDestinationUrl } from '../transport/destination-url';
import { invalid } from '../errors';
import type { Actor, Owner } from '../principal';
import type { PublicAddress } from '../public-address';
import { checkPrecondition, type Precondition } from '../endpoints/revision';
import type { NotificationStore } from './notification-store';
import type { ChannelSender, Sent } from './channel-sender';
import { testMessage } from './message';
import {
  byChannel,
  channels,
  FAILING_MINUTES,
  type Channel,
  type ChannelSettings,
  type NotificationsInput,
  type StoredNotifications,
} from './notification';

export interface NotificationsDependencies {
  store: NotificationStore;
  guard: AddressGuard;
  address: Pick<PublicAddress, 'ownOrigins'>;
  sender: ChannelSender;
  audit: Pick<Audit, 'note'>;
}

const unnamed = channels.map((field) => ({
  field,
  message: `Name the channels: ${channels.join(', ')}. null switches one off.`,
}));

/** Reads and changes the chats in which an owner gets notifications, and their triggers. */
export class Notifications {
  constructor(private readonly dependencies: NotificationsDependencies) {}

  get(owner: Owner): Promise<StoredNotifications> {
    return this.dependencies.store.get(owner);
  }

  /**
   * Replaces the settings of all channels. Channels that the input does not name are switched off. An input that names
   * no channel is refused, because it may have lost its members on the way.
   * @throws PaggioError `VALIDATION_FAILED` or `DESTINATION_NOT_ALLOWED`; `PRECONDITION_FAILED` when `condition` does
   * not hold at the moment of the change
   */
  async put(actor: Actor, input: NotificationsInput, condition: Precondition = {}): Promise<StoredNotifications> {
    const { guard, address, store } = this.dependencies;
    if (channels.every((channel) => input[channel] === undefined)) throw invalid(unnamed);
    const given = new Map<Channel, string>();
    for (const channel of channels) {
      const url = input[channel]?.url;
      // The host name is looked up here, before the settings are locked.
      if (url !== undefined)
        given.set(channel, await checkDestinationUrl(url, `${channel}.url`, guard, address.ownOrigins));
    }
    return store.put(actor, (stored) => {
      checkPrecondition(condition, stored.revision);
      const settingsOf = (channel: Channel): ChannelSettings | null => {
        const wanted = input[channel];
        if (!wanted) return null;
        const field = `${channel}.url`;
        const url = given.get(channel) ?? stored[channel]?.url;
        if (url === undefined)
          throw invalid([{ field, message: `${field} is the incoming webhook, and is required.` }]);
        return { url, triggers: [...new Set(wanted.triggers)] };
      };
      return {
        ...byChannel(settingsOf),
        failingAfterMinutes: input.failingAfterMinutes ?? FAILING_MINUTES.default,
      };
    });
  }

  /**
   * Sends a test message now, whatever the triggers are. The audit log records it.
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
