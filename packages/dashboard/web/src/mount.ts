/** The path where the dashboard is mounted, such as `/hooks/dashboard`. The server writes it into the page. */
export const mountPath =
  document.querySelector<HTMLMetaElement>('meta[name="paggio-mount"]')?.content.replace(/\/$/, '') ?? '/dashboard';
