import { Command } from 'cmdk';
import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { useEndpoints } from '../api/queries';
import { Dialog } from '../parts/dialog';
import { pages, toggleLive } from './pages';

interface PaletteProps {
  onClose: () => void;
  onKeys: () => void;
}

const ID = /^(?:evt_)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The command palette: pages and endpoints by name, and events by id. */
export default function Palette({ onClose, onKeys }: PaletteProps): ReactNode {
  const [, navigate] = useLocation();
  const { data: endpoints = [] } = useEndpoints();
  const [text, setText] = useState('');
  const go = (path: string) => (): void => {
    onClose();
    navigate(path);
  };
  const wanted = text.trim();
  return (
    <Dialog title="Commands" onClose={onClose}>
      <Command label="Commands" className="palette" loop>
        <Command.Input value={text} onValueChange={setText} placeholder="Search pages, endpoints or an event ID…" />
        <Command.List label="Commands">
          <Command.Empty>No results.</Command.Empty>
          {ID.test(wanted) && (
            <Command.Item value={wanted} onSelect={go(`/events/${wanted.replace(/^evt_/i, '')}`)}>
              Open event {wanted}
            </Command.Item>
          )}
          {wanted !== '' && (
            <Command.Item
              value={`search events for ${wanted}`}
              onSelect={go(`/events?q=${encodeURIComponent(wanted)}`)}
            >
              Search events for “{wanted}”
            </Command.Item>
          )}
          <Command.Group heading="Pages">
            {pages.map(({ path, title, Icon }) => (
              <Command.Item key={path} value={title} onSelect={go(path)}>
                <Icon aria-hidden /> {title}
              </Command.Item>
            ))}
          </Command.Group>
          <Command.Group heading="Actions">
            <Command.Item value="new endpoint" onSelect={go('/webhooks?new=1')}>
              New endpoint
            </Command.Item>
            <Command.Item value="failed events" onSelect={go('/events?status=failed')}>
              Failed events
            </Command.Item>
            <Command.Item
              value="pause or resume live updates"
              onSelect={() => {
                toggleLive();
                onClose();
              }}
            >
              Pause or resume live updates
            </Command.Item>
            <Command.Item value="keyboard shortcuts" onSelect={onKeys}>
              Keyboard shortcuts
            </Command.Item>
          </Command.Group>
          {endpoints.length > 0 && (
            <Command.Group heading="Endpoints">
              {endpoints.map(({ id, name, slug }) => (
                <Command.Item key={id} value={`${name} ${slug}`} onSelect={go(`/webhooks/${id}`)}>
                  {name} <span className="dim">{slug}</span>
                </Command.Item>
              ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}
