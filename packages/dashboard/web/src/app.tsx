import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, type ReactNode } from 'react';
import { Route, Router, Switch } from 'wouter';
import { onSessionChange } from './api/call';
import { Failure } from './api/failure';
import { forgetAnswers, queries } from './api/queries';
import { confirmSession, readSession, sessionName } from './api/session';
import { SharedStream } from './live/shared-stream';
import { liveFeed } from './live/use-live';
import { mountPath } from './mount';
import { EndpointPage } from './pages/endpoint/endpoint-page';
import { EventPage } from './pages/event/event-page';
import { EventsPage } from './pages/events/events-page';
import { NoSuchPage } from './pages/no-such-page';
import { OverviewPage } from './pages/overview/overview-page';
import { ReplaysPage } from './pages/replays/replays-page';
import { SettingsPage } from './pages/settings/settings-page';
import { SignInPage } from './pages/sign-in-page';
import { WebhooksPage } from './pages/webhooks/webhooks-page';
import { Loading, Problem } from './parts/states';
import { Toaster } from './parts/toast';
import { Guarded } from './shell/guarded';
import { SessionContext } from './shell/session-context';
import { Shell } from './shell/shell';

export function App(): ReactNode {
  return (
    <QueryClientProvider client={queries}>
      <Router base={mountPath}>
        <Gate />
      </Router>
      <Toaster />
    </QueryClientProvider>
  );
}

/** Shows the pages to a signed-in person, and the sign-in page to everyone else. */
function Gate(): ReactNode {
  const session = useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => readSession(signal),
    // The server can end the session at any time: sign-out in another tab, a revoked key, or expiry.
    refetchInterval: 60_000,
    refetchOnWindowFocus: 'always',
  });
  const signedOut = session.error instanceof Failure && session.error.status === 401;
  const name = session.data === undefined || signedOut ? null : sessionName(session.data);
  useEffect(() => onSessionChange(() => void queries.refetchQueries({ queryKey: ['session'] })), []);
  // Reload pages that the browser cached for its back button, because they would show outdated data.
  useEffect(() => {
    const shown = (event: PageTransitionEvent): void => {
      if (event.persisted) location.reload();
    };
    addEventListener('pageshow', shown);
    return () => removeEventListener('pageshow', shown);
  }, []);
  const shown = useRef(name);
  useEffect(() => {
    // The cached data belongs to the previous session.
    if (shown.current !== null && shown.current !== name) forgetAnswers();
    shown.current = name;
    if (name === null) liveFeed.end();
    else liveFeed.start(new SharedStream(name, (signal) => confirmSession(name, signal)));
  }, [name]);
  if (signedOut) return <SignInPage />;
  if (session.data === undefined) {
    if (session.error) return <Problem error={session.error} onRetry={() => void session.refetch()} />;
    return <Loading what="the dashboard" />;
  }
  return (
    <SessionContext key={name} value={session.data}>
      <Shell>
        <Guarded>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/webhooks" component={WebhooksPage} />
            <Route path="/webhooks/:id">{({ id }) => <EndpointPage key={id} id={id} />}</Route>
            <Route path="/events" component={EventsPage} />
            <Route path="/events/:id">{({ id }) => <EventPage key={id} id={id} />}</Route>
            <Route path="/replays" component={ReplaysPage} />
            <Route path="/settings" component={SettingsPage} />
            <Route component={NoSuchPage} />
          </Switch>
        </Guarded>
      </Shell>
    </SessionContext>
  );
}
