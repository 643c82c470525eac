/** `system` follows the operating system. */
export type Theme = 'system' | 'dark' | 'light';

const KEY = 'paggio-theme';

export function readTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'dark' || kept === 'light' ? kept : 'system';
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}

export function keepTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}
