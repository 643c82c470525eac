import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, IsString, Length } from 'class-validator';
import { channels, triggers, type Channel, type Trigger } from '@paggio/core';
import { Doc } from './doc';
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

export class NotificationsDto {
  @Doc('Slack, or what takes its incoming webhooks; null or left out: nothing is sent there.')
  @IsOptional()
  @Nested(() => ChannelDto)
  slack?: ChannelDto | null;

  @Doc('Discord; null or left out: nothing is sent there.')
  @IsOptional()
  @Nested(() => ChannelDto)
  discord?: ChannelDto | null;
}

export class NotificationTestDto {
  @IsIn(channels) channel!: Channel;
}
