import { Command, Keyboard, LogOut, Moon, Sun, SunMoon } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { queries } from '../api/queries';
import { signOut, switchMode } from '../api/session';
import { useLive } from '../live/use-live';
import { toast } from '../parts/toast';
import { useAction } from '../parts/use-action';
import { KeySheet } from './key-sheet';
import { useKeys } from './keys';
import { pages, toggleLive } from './pages';
import { useSession } from './session-context';
import { keepTheme, readTheme, type Theme } from './theme';

const Palette = lazy(() => import('./palette'));

/** The frame around every page: navigation, live state and dialogs. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const session = useSession();
  const [location, navigate] = useLocation();
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null);
  const main = useRef<HTMLElement>(null);
  const goTo = Object.fromEntries(pages.map(({ key, path }) => [`g ${key}`, () => navigate(path)]));
  useKeys({
    ...goTo,
    l: toggleLive,
    'Shift+?': () => setOpen('keys'),
    '?': () => setOpen('keys'),
    '$mod+k': () => setOpen('palette'),
  });
  // Move the focus to the new page, unless the page has already focused something itself.
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else if (!main.current?.contains(document.activeElement)) main.current?.focus();
  }, [location]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      {session.mode === 'test' && <TestBanner />}
      <nav className="rail" aria-label="Pages">
        <strong className="brand">Paggio</strong>
        {pages.map(({ path, title, Icon }) => (
          <Link key={path} href={path} aria-current={isAt(location, path) ? 'page' : undefined} title={title}>
            <Icon aria-hidden /> <span>{title}</span>
          </Link>
        ))}
        <span className="spring" />
        <button type="button" onClick={() => setOpen('palette')} title="Command palette (Ctrl K)">
          <Command aria-hidden /> <span>Commands</span>
        </button>
        <button type="button" onClick={() => setOpen('keys')} title="Keyboard shortcuts (?)">
          <Keyboard aria-hidden /> <span>Shortcuts</span>
        </button>
        <ThemeButton />
        {session.by === 'session' && <SignOutButton />}
      </nav>
      <header className="bar">
        <LiveButton />
        {session.modes.length > 1 && <ModeButton />}
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        {children}
      </main>
      {open === 'keys' && <KeySheet onClose={() => setOpen(null)} />}
      {open === 'palette' && (
        <Suspense>
          <Palette onClose={() => setOpen(null)} onKeys={() => setOpen('keys')} />
        </Suspense>
      )}
    </div>
  );
}

function isAt(location: string, path: string): boolean {
  return path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
}

const liveTexts = {
  connecting: 'Connecting',
  live: 'Live',
  polling: 'Polling every 5 s',
  offline: 'Server not responding',
  paused: 'Paused',
} as const;

function LiveButton(): ReactNode {
  const { state } = useLive();
  return (
    <button
      type="button"
      className={`live ${state}`}
      aria-pressed={state !== 'paused'}
      title={state === 'paused' ? 'Resume live updates (L)' : 'Pause live updates (L)'}
      onClick={toggleLive}
    >
      <span className="dot" aria-hidden />
      <span role="status">{liveTexts[state]}</span>
    </button>
  );
}

function TestBanner(): ReactNode {
  return (
    <p className="test-banner" role="note">
      <strong>Test mode.</strong> Only test endpoints, events and keys are shown.
    </p>
  );
}

function ModeButton(): ReactNode {
  const { mode } = useSession();
  const [, navigate] = useLocation();
  const other = mode === 'live' ? 'test' : 'live';
  const action = useAction(async () => {
    await switchMode(other);
    navigate('/');
    // No data of the other mode may stay on the page.
    await queries.resetQueries();
  });
  return (
    <button type="button" className="mode" disabled={action.pending} onClick={() => void action.run()}>
      Switch to {other} mode
    </button>
  );
}

const themes: Readonly<Record<Theme, { next: Theme; Icon: typeof Sun; text: string }>> = {
  system: { next: 'dark', Icon: SunMoon, text: 'Auto theme' },
  dark: { next: 'light', Icon: Moon, text: 'Dark theme' },
  light: { next: 'system', Icon: Sun, text: 'Light theme' },
};

function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState(readTheme);
  const { next, Icon, text } = themes[theme];
  return (
    <button
      type="button"
      title={text}
      onClick={() => {
        keepTheme(next);
        setTheme(next);
      }}
    >
      <Icon aria-hidden /> <span>{text}</span>
    </button>
  );
}

/** Ends the session and clears the page, even if the server does not respond. */
export async function leave(): Promise<void> {
  try {
    await signOut();
  } catch {
    toast('The server did not respond. You may still be signed in.', 'bad');
  }
  location.reload();
}

function SignOutButton(): ReactNode {
  const action = useAction(leave);
  return (
    <button type="button" title="Sign out" disabled={action.pending} onClick={() => void action.run()}>
      <LogOut aria-hidden /> <span>Sign out</span>
    </button>
  );
}
