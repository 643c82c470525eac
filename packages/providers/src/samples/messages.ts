import type { Make, SampleParts, Samples } from './sample-parts';

type Build = (make: Make) => object;

const slackEvent =
  (event: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      token: make.id('', 24),
      team_id: make.id('T', 8).toUpperCase(),
      api_app_id: make.id('A', 8).toUpperCase(),
      event: event(make),
      type: 'event_callback',
      event_id: make.id('Ev', 8),
      event_time: make.unix,
    },
  });

const form = (fields: Record<string, string>): SampleParts => ({
  contentType: 'application/x-www-form-urlencoded',
  body: new URLSearchParams(fields).toString(),
});

const twilioMessage =
  (status: string): ((make: Make) => SampleParts) =>
  (make) => ({
    ...form({
      SmsSid: make.id('SM', 32).toLowerCase(),
      SmsStatus: status,
      MessageStatus: status,
      To: '+15005550006',
      MessageSid: make.id('SM', 32).toLowerCase(),
      AccountSid: make.id('AC', 32).toLowerCase(),
      From: '+15005550001',
      ApiVersion: '2010-04-01',
    }),
    headers: { 'I-Twilio-Idempotency-Token': make.uuid() },
  });

const sendgrid =
  (event: string, more: Record<string, unknown> = {}): ((make: Make) => SampleParts) =>
  (make) => ({
    // SendGrid ends its batches with CR LF.
    body: `${JSON.stringify([
      {
        email: 'ada@example.com',
        timestamp: make.unix,
        'smtp-id': `<${make.id('', 14)}@ismtpd>`,
        event,
        category: ['receipt'],
        sg_event_id: make.id('', 22),
        sg_message_id: `${make.id('', 14)}.filter0001`,
        ...more,
      },
    ])}\r\n`,
  });

const mailgun =
  (event: string, more: Record<string, unknown> = {}): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      signature: { token: make.id('', 50), timestamp: String(make.unix), signature: '' },
      'event-data': {
        event,
        timestamp: make.now.getTime() / 1000,
        id: make.id('', 22),
        recipient: 'ada@example.com',
        message: { headers: { 'message-id': `${make.id('', 20)}@example.com`, subject: 'Your receipt' } },
        ...more,
      },
    },
  });

const whatsapp =
  (value: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      object: 'whatsapp_business_account',
      entry: [
        {
          id: make.digits(15),
          changes: [
            {
              value: {
                messaging_product: 'whatsapp',
                metadata: { display_phone_number: '15550783881', phone_number_id: make.digits(15) },
                ...value(make),
              },
              field: 'messages',
            },
          ],
        },
      ],
    },
  });

const telegram =
  (key: string, value: Build): ((make: Make) => SampleParts) =>
  (make) => ({ body: { update_id: Number(make.digits(9)), [key]: value(make) } });

const chat = { id: 1_111_111, first_name: 'Ada', username: 'ada_example', type: 'private' };

const zoom =
  (event: string, object: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: { event, payload: { account_id: make.id('', 22), object: object(make) }, event_ts: make.now.getTime() },
  });

const discord =
  (event: string, data: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      version: 1,
      application_id: make.digits(19),
      type: 1,
      event: { type: event, timestamp: make.now.toISOString(), data: data(make) },
    },
  });

const resend =
  (type: string): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      type,
      created_at: make.now.toISOString(),
      data: { email_id: make.uuid(), from: 'shop@example.com', to: ['ada@example.com'], subject: 'Your receipt' },
    },
  });

const line =
  (type: string, more: Build): ((make: Make) => SampleParts) =>
  (make) => ({
    body: {
      destination: `U${make.hex(32)}`,
      events: [
        {
          type,
          mode: 'active',
          timestamp: make.now.getTime(),
          source: { type: 'user', userId: `U${make.hex(32)}` },
          webhookEventId: `01${make.id('', 24).toUpperCase()}`,
          deliveryContext: { isRedelivery: false },
          replyToken: make.hex(32),
          ...more(make),
        },
      ],
    },
  });

/** JSON as Protocol Buffers write it: 64-bit numbers are strings. */
const livekit =
  (event: string, more: Build = () => ({})): ((make: Make) => SampleParts) =>
  (make) => ({
    contentType: 'application/webhook+json',
    body: {
      event,
      room: {
        sid: make.id('RM_', 12),
        name: 'weekly',
        emptyTimeout: 300,
        departureTimeout: 20,
        creationTime: String(make.unix),
        turnPassword: '',
        enabledCodecs: [{ mime: 'audio/opus' }, { mime: 'video/VP8' }],
      },
      ...more(make),
      id: make.id('EV_', 12),
      createdAt: String(make.unix),
    },
  });

export const aboutMessages: Readonly<Record<string, Samples>> = {
  slack: {
    message: slackEvent((make) => ({
      type: 'message',
      channel: make.id('C', 8).toUpperCase(),
      user: make.id('U', 8).toUpperCase(),
      text: 'Is the deploy done?',
      ts: `${make.unix}.000100`,
      channel_type: 'channel',
    })),
    app_mention: slackEvent((make) => ({
      type: 'app_mention',
      channel: make.id('C', 8).toUpperCase(),
      user: make.id('U', 8).toUpperCase(),
      text: '<@U0LAN0Z89> deploy please',
      ts: `${make.unix}.000200`,
    })),
    '/deploy': (make) =>
      form({
        token: make.id('', 24),
        team_id: make.id('T', 8).toUpperCase(),
        channel_name: 'operations',
        user_id: make.id('U', 8).toUpperCase(),
        command: '/deploy',
        text: 'production',
        trigger_id: `${make.digits(12)}.${make.digits(12)}`,
      }),
    block_actions: (make) =>
      form({
        payload: JSON.stringify({
          type: 'block_actions',
          user: { id: make.id('U', 8).toUpperCase() },
          actions: [{ action_id: 'approve', block_id: 'b1', value: '1042', type: 'button' }],
          trigger_id: `${make.digits(12)}.${make.digits(12)}`,
        }),
      }),
  },
  twilio: { sent: twilioMessage('sent'), delivered: twilioMessage('delivered'), failed: twilioMessage('failed') },
  sendgrid: {
    delivered: sendgrid('delivered', { response: '250 OK' }),
    open: sendgrid('open', { useragent: 'Mozilla/5.0', ip: '198.51.100.7' }),
    click: sendgrid('click', { url: 'https://example.com/receipt', ip: '198.51.100.7' }),
    bounce: sendgrid('bounce', { reason: '550 5.1.1 no such user', type: 'bounce', status: '5.1.1' }),
  },
  mailgun: {
    delivered: mailgun('delivered', { 'delivery-status': { code: 250, message: 'OK' } }),
    failed: mailgun('failed', { severity: 'permanent', reason: 'bounce', 'delivery-status': { code: 550 } }),
    opened: mailgun('opened', { ip: '198.51.100.7' }),
  },
  meta: {
    messages: whatsapp((make) => ({
      contacts: [{ profile: { name: 'Ada Example' }, wa_id: '491511234567' }],
      messages: [
        {
          from: '491511234567',
          id: make.id('wamid.', 40),
          timestamp: String(make.unix),
          type: 'text',
          text: { body: 'Where is my order?' },
        },
      ],
    })),
  },
  telegram: {
    message: telegram('message', (make) => ({
      message_id: Number(make.digits(4)),
      from: { id: 1_111_111, is_bot: false, first_name: 'Ada', username: 'ada_example', language_code: 'en' },
      chat,
      date: make.unix,
      text: '/start',
    })),
    callback_query: telegram('callback_query', (make) => ({
      id: make.digits(18),
      from: { id: 1_111_111, is_bot: false, first_name: 'Ada' },
      chat_instance: make.digits(18),
      data: 'approve:1042',
    })),
  },
  zoom: {
    'meeting.started': zoom('meeting.started', (make) => ({
      id: make.digits(11),
      uuid: make.id('', 22),
      topic: 'Weekly',
      host_id: make.id('', 22),
      start_time: make.now.toISOString(),
    })),
    'meeting.ended': zoom('meeting.ended', (make) => ({
      id: make.digits(11),
      uuid: make.id('', 22),
      topic: 'Weekly',
      duration: 30,
      end_time: make.now.toISOString(),
    })),
    'recording.completed': zoom('recording.completed', (make) => ({
      id: Number(make.digits(11)),
      uuid: make.id('', 22),
      topic: 'Weekly',
      share_url: 'https://example.zoom.us/rec/share/x',
      recording_count: 2,
    })),
  },
  discord: {
    APPLICATION_AUTHORIZED: discord('APPLICATION_AUTHORIZED', (make) => ({
      integration_type: 0,
      scopes: ['applications.commands'],
      user: { id: make.digits(18), username: 'ada_example', discriminator: '0' },
    })),
    ENTITLEMENT_CREATE: discord('ENTITLEMENT_CREATE', (make) => ({
      id: make.digits(19),
      sku_id: make.digits(19),
      user_id: make.digits(18),
      type: 4,
    })),
  },
  line: {
    message: line('message', (make) => ({
      message: { type: 'text', id: make.digits(18), quoteToken: make.id('', 64), text: 'Where is my order?' },
    })),
    follow: line('follow', () => ({ follow: { isUnblocked: false } })),
    postback: line('postback', () => ({ postback: { data: 'action=approve&order=1042' } })),
  },
  livekit: {
    room_started: livekit('room_started'),
    room_finished: livekit('room_finished'),
    participant_joined: livekit('participant_joined', (make) => ({
      participant: {
        sid: make.id('PA_', 12),
        identity: 'ada',
        name: 'Ada Example',
        state: 'ACTIVE',
        joinedAt: String(make.unix),
      },
    })),
  },
  resend: {
    'email.delivered': resend('email.delivered'),
    'email.bounced': resend('email.bounced'),
    'email.opened': resend('email.opened'),
  },
};
