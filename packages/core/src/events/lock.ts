/**
 * Why stored credentials cannot be opened. `key_missing`: this process lacks the master key that encrypted them, and
 * another one may have it. `damaged`: they were changed, moved or left out, and no process can open them.
 */
export type Lock = 'key_missing' | 'damaged';
