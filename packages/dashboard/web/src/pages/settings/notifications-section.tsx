import type { Notifications } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call, callTagged } from '../../api/call';
import type { Tagged } from '../../api/tag';
import { ActionForm } from '../../parts/action-form';
import { Field } from '../../parts/field';
import type { Facts } from '../../parts/newer';
import { NewerNote } from '../../parts/newer-note';
import { SaveButton } from '../../parts/save-button';
import { FailureNote, Loaded } from '../../parts/states';
import { toast } from '../../parts/toast';
import { useAction } from '../../parts/use-action';
import { useEditing } from '../../parts/use-editing';
import { toMilliseconds } from '../../text/units';
import { visible } from '../../text/visible';

const channels = [
  { name: 'slack', title: 'Slack', hint: 'An incoming webhook: https://hooks.slack.com/services/…' },
  { name: 'discord', title: 'Discord', hint: 'A channel webhook: https://discord.com/api/webhooks/…' },
  {
    name: 'teams',
    title: 'Microsoft Teams',
    hint: 'The URL of a workflow that starts “When a Teams webhook request is received”: https://….api.powerplatform.com/powerautomate/…',
  },
] as const;
type ChannelName = (typeof channels)[number]['name'];

const triggers = [
  { name: 'failed', what: 'a delivery fails for good' },
  { name: 'delivered', what: 'a delivery succeeds' },
  { name: 'unhealthy', what: 'fewer than half of the recent deliveries of an endpoint succeed' },
  { name: 'failing', what: 'a destination keeps failing' },
  { name: 'recovered', what: 'an unhealthy endpoint or a failing destination recovers' },
  { name: 'paused', what: 'Paggio pauses a destination automatically' },
  { name: 'storage', what: 'a storage quota is almost full or full' },
] as const;
type Trigger = (typeof triggers)[number]['name'];

interface ChannelForm {
  on: boolean;
  /** Empty keeps the stored URL. */
  url: string;
  triggers: readonly Trigger[];
}

function toForm(channel: Notifications[ChannelName]): ChannelForm {
  return {
    on: channel !== null,
    url: '',
    triggers: channel?.triggers ?? ['failed', 'unhealthy', 'failing', 'recovered', 'paused', 'storage'],
  };
}

interface Form extends Record<ChannelName, ChannelForm> {
  failingAfterMinutes: number;
}

function toForms(stored: Notifications): Form {
  return {
    slack: toForm(stored.slack),
    discord: toForm(stored.discord),
    teams: toForm(stored.teams),
    failingAfterMinutes: stored.failing_after_minutes ?? 5,
  };
}

function factsOf(stored: Notifications): Facts {
  const facts = channels.map(({ name, title }): [string, string] => {
    const channel = stored[name];
    return [title, channel === null ? 'off' : `${channel.url}, when ${channel.triggers.join(', ')}`];
  });
  return {
    ...Object.fromEntries(facts),
    'Alert after (minutes)': String(toForms(stored).failingAfterMinutes),
  };
}

export function NotificationsSection(): ReactNode {
  const query = useQuery({
    queryKey: ['notifications'],
    queryFn: ({ signal }) => callTagged('notifications.get', { signal }),
    // Opening the page reads them again; a form that is already open does not change.
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Loaded query={query} what="the notifications">
      {(opened) => <NotificationsForm opened={opened} />}
    </Loaded>
  );
}

function NotificationsForm({ opened }: { opened: Tagged<Notifications> }): ReactNode {
  const { form, setForm, before, stored, action, changes, takeNewer } = useEditing({
    opened,
    toForm: toForms,
    factsOf,
    hidden: true,
    read: () => callTagged('notifications.get'),
    save: async (typed, { tag }) => {
      const toChannel = ({ on, url, triggers: chosen }: ChannelForm) =>
        on ? { ...(url.trim() === '' ? {} : { url: url.trim() }), triggers: [...chosen] } : null;
      const saved = await callTagged('notifications.put', {
        ifMatch: tag,
        body: {
          slack: toChannel(typed.slack),
          discord: toChannel(typed.discord),
          teams: toChannel(typed.teams),
          failing_after_minutes: typed.failingAfterMinutes,
        },
      });
      toast('Saved', 'good');
      return saved;
    },
  });
  return (
    <ActionForm action={action} className="settings stack">
      {channels.map(({ name, title, hint }) => {
        const channel = form[name];
        const set = (change: Partial<ChannelForm>): void => setForm({ ...form, [name]: { ...channel, ...change } });
        const kept = stored[name];
        return (
          <fieldset key={name} className="stack">
            <legend>{title}</legend>
            <label className="check">
              <input type="checkbox" checked={channel.on} onChange={(event) => set({ on: event.target.checked })} />{' '}
              Notify {title}
            </label>
            {channel.on && (
              <>
                <Field
                  label="URL"
                  name={`${name}.url`}
                  failure={action.failure}
                  hint={kept ? `Stored: ${visible(kept.url)}. Leave empty to keep it.` : hint}
                >
                  <input
                    type="url"
                    value={channel.url}
                    required={!kept}
                    autoComplete="off"
                    onChange={(event) => set({ url: event.target.value })}
                  />
                </Field>
                {triggers.map(({ name: trigger, what }) => (
                  <label key={trigger} className="check">
                    <input
                      type="checkbox"
                      checked={channel.triggers.includes(trigger)}
                      onChange={(event) =>
                        set({
                          triggers: event.target.checked
                            ? [...channel.triggers, trigger]
                            : channel.triggers.filter((one) => one !== trigger),
                        })
                      }
                    />{' '}
                    when {what}
                  </label>
                ))}
              </>
            )}
            {kept && <TestButton channel={name} title={title} />}
          </fieldset>
        );
      })}
      {channels.some(({ name }) => form[name].on && form[name].triggers.includes('failing')) && (
        <Field
          label="Alert after (minutes)"
          name="failing_after_minutes"
          failure={action.failure}
          hint="How long a destination must fail before you are notified, from 1 to 1440. You get one message per outage, and one when it recovers."
        >
          <input
            type="number"
            min={1}
            max={1440}
            required
            value={form.failingAfterMinutes}
            onChange={(event) => setForm({ ...form, failingAfterMinutes: Number(event.target.value) })}
          />
        </Field>
      )}
      <NewerNote changes={changes} takeNewer={takeNewer} />
      <FailureNote failure={action.failure} />
      <div className="actions">
        <SaveButton form={form} stored={before} pending={action.pending} />
      </div>
    </ActionForm>
  );
}

function TestButton({ channel, title }: { channel: ChannelName; title: string }): ReactNode {
  const [result, setResult] = useState<{ text: string; good: boolean } | null>(null);
  const action = useAction(async () => {
    setResult(null);
    const {
      status,
      response_status: code,
      latency_ms: ms,
      error,
    } = await call('notifications.test', { body: { channel } });
    setResult({
      text: `${code ?? visible(error ?? 'no response')} in ${toMilliseconds(ms)}`,
      good: status === 'delivered',
    });
  });
  return (
    <div className="actions">
      <button type="button" disabled={action.pending} onClick={() => void action.run()}>
        {action.pending ? 'Sending…' : `Send a test message to ${title}`}
      </button>
      {result && (
        <span role="status" className={result.good ? 'good' : 'bad'}>
          {result.text}
        </span>
      )}
      <FailureNote failure={action.failure} />
    </div>
  );
}
