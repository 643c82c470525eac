import type { Provider } from '../provider';
import { bitbucket, github, gitlab, hubspot, linear, typeform, zendesk } from './development';
import { discord, mailgun, meta, okta, sendgrid, slack, telegram, twilio, twitch, x, zoom } from './messaging';
import { adyen, paddle, razorpay, shopify, square, stripe, xero } from './payments';
import { standardWebhooks, svix } from './standard-webhooks';

/** Every provider, in the order in which detection prefers them: a provider's own headers before shared ones. */
export const catalogue: readonly Provider[] = [
  stripe,
  github,
  shopify,
  slack,
  gitlab,
  svix,
  bitbucket,
  linear,
  zendesk,
  typeform,
  hubspot,
  square,
  paddle,
  razorpay,
  xero,
  adyen,
  discord,
  twilio,
  sendgrid,
  mailgun,
  x,
  twitch,
  telegram,
  zoom,
  okta,
  standardWebhooks,
  meta,
];

const byName = new Map(catalogue.map((provider) => [provider.name, provider]));

export function findProvider(name: string): Provider | undefined {
  return byName.get(name);
}
