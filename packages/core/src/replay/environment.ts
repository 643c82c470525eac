/** Where a replay goes: the endpoint's destination, its path on the staging or local host, or a URL of one's own. */
export type Environment = 'original' | 'staging' | 'local' | 'custom';
export const environments: readonly Environment[] = ['original', 'staging', 'local', 'custom'];
