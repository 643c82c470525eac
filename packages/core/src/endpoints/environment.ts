/**
 * Where a replay goes. `original` means the destinations of the endpoint that have not accepted the event, or the first
 * one when all have. `staging` and `local` mean the path of the first destination on another host. `custom` means a URL
 * of your choice.
 */
export type Environment = 'original' | 'staging' | 'local' | 'custom';
export const environments: readonly Environment[] = ['original', 'staging', 'local', 'custom'];
