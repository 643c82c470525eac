import { useEffect, useRef, useSyncExternalStore } from 'react';
import { LiveFeed, type LiveBatch, type LiveSnapshot } from './live-feed';

export const liveFeed = new LiveFeed();

export function useLive(): LiveSnapshot {
  return useSyncExternalStore(liveFeed.watch, liveFeed.read);
}

/** Calls the newest `hearer` with every batch while the component stands. */
export function useLiveBatch(hearer: (batch: LiveBatch) => void): void {
  const latest = useRef(hearer);
  useEffect(() => {
    latest.current = hearer;
  });
  useEffect(() => liveFeed.hear((batch) => latest.current(batch)), []);
}
