import type { NotificationStore } from './notification-store';
import type { ChannelSender } from './channel-sender';
import { messageOf } from './message';
import { channels, type NotificationSettings } from './notification';

export interface NotifierDependencies {
  store: NotificationStore;
  sender: ChannelSender;
  onFault: (error: unknown) => void;
}

/**
 * Sends the due alerts, one message for each owner and channel. The database counts alerts in the step that indexes
 * their events, so that no process needs to have seen the events and no event is counted twice.
 */
export class Notifier {
  constructor(private readonly dependencies: NotifierDependencies) {}

  /** Never throws. */
  async run(): Promise<void> {
    const { store, onFault } = this.dependencies;
    try {
      // Most installations have no notifications, and all of the rest would find nothing.
      if (!(await store.isWanted())) return;
      await store.judgeHealth();
      await store.notePauses();
      await store.noteOutages();
      for (let due = await store.claimDue(); due !== null; due = await store.claimDue()) await this.send(due);
    } catch (error) {
      onFault(error);
    }
  }

  private async send(due: NonNullable<Awaited<ReturnType<NotificationStore['claimDue']>>>): Promise<void> {
    const { store, sender, onFault } = this.dependencies;
    let settingsOf: NotificationSettings;
    try {
      settingsOf = due.settings();
    } catch (error) {
      // The lease ends by itself, and then the message is tried again. Other owners do not wait for it.
      return onFault(error);
    }
    let failed: string | null = null;
    for (const channel of channels) {
      const settings = settingsOf[channel];
      const wanted = due.alerts.filter(({ trigger }) => settings?.triggers.includes(trigger));
      if (!settings || wanted.length === 0) continue;
      const sent = await sender.send(settings.url, messageOf(wanted, channel));
      if (!sent.delivered) failed = `${channel}: ${sent.error ?? `HTTP ${sent.responseStatus}`}`;
    }
    const again = await store.finish(due, failed === null);
    if (failed !== null && !again)
      onFault(new Error(`A notification could not be sent, and is not sent again: ${failed}`));
  }
}
