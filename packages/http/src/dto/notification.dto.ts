import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import { channels, FAILING_MINUTES, triggers, type Channel, type Trigger } from '@paggio/core';
import { Doc } from './doc';
import { Forms } from './forms';
import { IfGiven } from './given';
import { Nested } from './nested';

export class ChannelDto {
  @Doc('The incoming webhook of a channel; a secret. Left out: the stored one.')
  @IfGiven()
  @IsString()
  @Length(1, 2048)
  url?: string;

  @Doc('What it is told about.')
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @ArrayMaxSize(triggers.length)
  @IsIn(triggers, { each: true })
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
  @IsOptional()
  @Nested(() => ChannelDto)
  slack?: ChannelDto | null;

  @Doc('Discord; null or left out: nothing is sent there.')
  @IsOptional()
  @Nested(() => ChannelDto)
  discord?: ChannelDto | null;

  @Doc('Microsoft Teams: the URL of a workflow; null or left out: nothing is sent there.')
  @IsOptional()
  @Nested(() => ChannelDto)
  teams?: ChannelDto | null;

  @Doc(
    `How long a destination fails before the trigger failing is sent, in minutes. Default ${FAILING_MINUTES.default}.`,
  )
  @IfGiven()
  @IsInt()
  @Min(FAILING_MINUTES.min)
  @Max(FAILING_MINUTES.max)
  failing_after_minutes?: number;
}

export class NotificationTestDto {
  @IsIn(channels) channel!: Channel;
}
