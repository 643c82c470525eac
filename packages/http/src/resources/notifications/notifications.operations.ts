import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { withTag } from '../../precondition';
import { NotificationsDto, NotificationTestDto } from './notifications.dto';
import { toNotifications, toNotificationSent } from './notifications.wire';

const PATH = '/api/v1/notifications';

export const notificationOperations: readonly Operation[] = [
  operation({
    id: 'notifications.get',
    method: 'GET',
    path: PATH,
    scope: 'admin',
    summary: 'Returns the notification settings of Slack, Discord and Microsoft Teams.',
    tagged: true,
    answers: { 200: { schema: ref('Notifications') } },
    async run({ paggio, principal }) {
      const stored = await paggio.admin.notifications.get(principal);
      return withTag(jsonAnswer(200, toNotifications(stored)), stored.revision);
    },
  }),
  operation({
    id: 'notifications.put',
    method: 'PUT',
    path: PATH,
    scope: 'admin',
    summary:
      'Replaces the settings of all channels. The body names at least one channel. A channel that is null or left out is switched off.',
    body: NotificationsDto,
    tagged: true,
    answers: { 200: { schema: ref('Notifications') } },
    errors: ['DESTINATION_NOT_ALLOWED'],
    async run({ paggio, precondition, principal, body }) {
      const { failing_after_minutes: failingAfterMinutes, ...named } = body;
      const settings = { ...named, failingAfterMinutes };
      const stored = await paggio.admin.notifications.put(principal, settings, precondition);
      return withTag(jsonAnswer(200, toNotifications(stored)), stored.revision);
    },
  }),
  operation({
    id: 'notifications.test',
    method: 'POST',
    path: `${PATH}/test`,
    scope: 'admin',
    summary: 'Sends a test message to a channel now, and returns the result.',
    body: NotificationTestDto,
    answers: { 200: { schema: ref('NotificationSent') } },
    async run({ paggio, principal, body }) {
      return jsonAnswer(200, toNotificationSent(await paggio.admin.notifications.test(principal, body.channel)));
    },
  }),
];
