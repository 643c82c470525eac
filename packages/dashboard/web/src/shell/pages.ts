import { Activity, Repeat2, Rows3, Settings, Webhook } from 'lucide-react';
import { liveFeed } from '../live/use-live';

export const pages = [
  { path: '/', title: 'Overview', key: 'o', Icon: Activity },
  { path: '/webhooks', title: 'Webhooks', key: 'w', Icon: Webhook },
  { path: '/events', title: 'Events', key: 'e', Icon: Rows3 },
  { path: '/replays', title: 'Replays', key: 'r', Icon: Repeat2 },
  { path: '/settings', title: 'Settings', key: 's', Icon: Settings },
] as const;

export function toggleLive(): void {
  if (liveFeed.read().state === 'paused') liveFeed.resume();
  else liveFeed.pause();
}
