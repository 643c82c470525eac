import { useEffect, useRef, useSyncExternalStore } from 'react';
import { LiveFeed, type LiveBatch, type LiveSnapshot } from './live-feed';

export const liveFeed = new LiveFeed();

export function useLive(): LiveSnapshot {
  return useSyncExternalStore(liveFeed.watch, liveFeed.read);
}

/** Calls the most recent `listener` with every batch while the component is mounted. */
export function useLiveBatch(listener: (batch: LiveBatch) => void): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => liveFeed.listen((batch) => latest.current(batch)), []);
}
