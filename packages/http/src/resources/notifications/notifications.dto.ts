import { channels, FAILING_MINUTES, type Channel, type Trigger, fields, rules } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Forms } from '../../dto/forms';
import { Nested } from '../../dto/nested';
import { Rule } from '../../dto/rule';
import { URL_FORM, urlInput } from '../../dto/url';

export class ChannelDto {
  @Doc(
    `The incoming webhook of a channel; a secret. Left out: the stored one; required where none is stored. ${URL_FORM}`,
    urlInput,
  )
  @Rule(fields.channel.url)
  url?: string;

  @Doc('What it is told about.')
  @Rule(fields.channel.triggers)
  triggers!: Trigger[];
}

// A body names at least one channel. Each form requires one and allows those after it, so that every body fits exactly one.
@Forms(
  ...channels.map((channel, at) => ({
    description: at === 0 ? `Names ${channel}.` : `Names ${channel}, and none of ${channels.slice(0, at).join(', ')}.`,
    required: [channel],
    optional: [...channels.slice(at + 1), 'failing_after_minutes'],
  })),
)
export class NotificationsDto {
  @Doc('Slack, or what takes its incoming webhooks; null or left out: nothing is sent there.')
  @Nested(() => ChannelDto, rules.optional(rules.nullable(rules.object)))
  slack?: ChannelDto | null;

  @Doc('Discord; null or left out: nothing is sent there.')
  @Nested(() => ChannelDto, rules.optional(rules.nullable(rules.object)))
  discord?: ChannelDto | null;

  @Doc('Microsoft Teams: the URL of a workflow; null or left out: nothing is sent there.')
  @Nested(() => ChannelDto, rules.optional(rules.nullable(rules.object)))
  teams?: ChannelDto | null;

  @Doc(
    `How long a destination fails before the trigger failing is sent, in minutes. Default ${FAILING_MINUTES.default}.`,
  )
  @Rule(fields.notifications.failingAfterMinutes)
  failing_after_minutes?: number;
}

export class NotificationTestDto {
  @Doc('One that has a webhook.')
  @Rule(fields.notifications.channel)
  channel!: Channel;
}
