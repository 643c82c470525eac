/** What a process does. */
export type Role = 'capture' | 'deliver' | 'api' | 'dashboard';
export const roles: readonly Role[] = ['capture', 'deliver', 'api', 'dashboard'];
