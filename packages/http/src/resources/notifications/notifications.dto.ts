import { channels, FAILING_MINUTES, type Channel, type Trigger, fields, rules } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Forms } from '../../dto/forms';
import { Nested } from '../../dto/nested';
import { Rule } from '../../dto/rule';
import { URL_FORM, urlInput } from '../../dto/url';

export class ChannelDto {
  @Doc(
    `The incoming webhook of the channel, which is a secret. Default: the stored one; required if none is stored. ${URL_FORM}`,
    urlInput,
  )
  @Rule(fields.channel.url)
  url?: string;

  @Doc('What the channel is notified about.')
  @Rule(fields.channel.triggers)
  triggers!: Trigger[];
}

// A body names at least one channel. Each form requires one and allows those after it, so that every body fits exactly one.
@Forms(
  ...channels.map((channel, at) => ({
    description: at === 0 ? `Names ${channel}.` : `Names ${channel}, but not ${channels.slice(0, at).join(' or ')}.`,
    required: [channel],
    optional: [...channels.slice(at + 1), 'failing_after_minutes'],
  })),
)
export class NotificationsDto {
  @Doc('Slack, or a product that accepts Slack webhooks. Null or left out: switched off.')
  @Nested(() => ChannelDto, rules.optional(rules.nullable(rules.object)))
  slack?: ChannelDto | null;

  @Doc('Discord. Null or left out: switched off.')
  @Nested(() => ChannelDto, rules.optional(rules.nullable(rules.object)))
  discord?: ChannelDto | null;

  @Doc('Microsoft Teams, by the URL of a workflow. Null or left out: switched off.')
  @Nested(() => ChannelDto, rules.optional(rules.nullable(rules.object)))
  teams?: ChannelDto | null;

  @Doc(
    `Minutes for which a destination must fail before the trigger failing is sent. Default ${FAILING_MINUTES.default}.`,
  )
  @Rule(fields.notifications.failingAfterMinutes)
  failing_after_minutes?: number;
}

export class NotificationTestDto {
  @Doc('A channel that has a webhook.')
  @Rule(fields.notifications.channel)
  channel!: Channel;
}
