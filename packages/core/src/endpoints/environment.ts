/**
 * `original`: the destinations of the endpoint that have not accepted the event, or the first. `staging`, `local`: the path
 * of the first destination on another host. `custom`: a URL of your choice.
 */
export type Environment = 'original' | 'staging' | 'local' | 'custom';
export const environments: readonly Environment[] = ['original', 'staging', 'local', 'custom'];
