import { environments, fields, PaggioError, rules, type Environment, type ReplayTarget } from '@paggio/core';
import { wrongInput } from '../../wire-error';
import { Doc } from '../../dto/doc';
import { Forms } from '../../dto/forms';
import { Nested } from '../../dto/nested';
import { Rule } from '../../dto/rule';
import { URL_FORM, urlInput } from '../../dto/url';
import type { JsonSchema } from '../../openapi/schema';
import { EventFilterDto } from '../events/events.dto';

/** The members that every form of a replay may have. */
const choices = ['include_credentials', 'resign'];
const never: JsonSchema = { enum: [false] };

@Forms(
  {
    description:
      'A new event with retries, to every destination. The endpoint must have a destination that accepts the event.',
    optional: choices,
    narrowed: { include_credentials: never, resign: never },
  },
  { description: 'One attempt, now, to a URL.', required: ['destination_url'], optional: choices },
  {
    description: 'One attempt, now, to an environment.',
    required: ['environment'],
    optional: choices,
    narrowed: { environment: { enum: environments.filter((name) => name !== 'custom') } },
  },
  {
    description: 'One attempt, now, to custom_url.',
    required: ['environment', 'custom_url'],
    optional: choices,
    narrowed: { environment: { enum: ['custom'] } },
  },
  {
    description: 'One attempt, now, to customUrl, which is an alias of custom_url.',
    required: ['environment', 'customUrl'],
    optional: choices,
    narrowed: { environment: { enum: ['custom'] } },
  },
)
export class ReplayDto {
  @Doc(`One attempt, now, to this URL. ${URL_FORM}`, urlInput)
  @Rule(rules.optional(fields.replay.destinationUrl))
  destination_url?: string;

  @Doc(
    'One attempt, now. original: to every destination that has not accepted the event, or to the first if all have. staging, local: to the path of the first destination, on that host. original and staging need a destination with a URL, and staging needs a staging host, which the operator sets. custom: to custom_url.',
  )
  @Rule(rules.optional(fields.replay.environment))
  environment?: Environment;

  @Doc(URL_FORM, urlInput)
  @Rule(fields.replay.customUrl)
  custom_url?: string;

  @Doc('Alias of custom_url.', urlInput)
  @Rule(fields.replay.customUrl)
  customUrl?: string;

  @Doc(
    "Includes the sender's credentials even when the target is not a host of the endpoint's own destinations. Needs the scope resign or admin.",
  )
  @Rule(fields.replay.includeCredentials)
  include_credentials?: boolean;

  @Doc(
    "Signs the request again in the provider's own scheme, with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification.",
  )
  @Rule(fields.replay.resign)
  resign?: boolean;
}

/** The target of a synchronous replay. `null` means a new event with retries. */
export function toReplayTarget(dto: ReplayDto): ReplayTarget | null {
  const customUrl = dto.custom_url ?? dto.customUrl;
  if (dto.custom_url !== undefined && dto.customUrl !== undefined) {
    throw wrongInput('body', [
      { field: 'customUrl', message: 'customUrl is an alias of custom_url: give only one of them.' },
    ]);
  }
  if (dto.destination_url !== undefined && (dto.environment !== undefined || customUrl !== undefined)) {
    throw new PaggioError('BAD_REQUEST', 'Choose one replay target', {
      hint: 'Send destination_url or environment, but not both. To deliver the event again with retries, send no body.',
    });
  }
  if (dto.destination_url !== undefined) return { destinationUrl: dto.destination_url };
  if (dto.environment !== undefined) {
    if (customUrl !== undefined && dto.environment !== 'custom') {
      throw wrongInput('body', [{ field: 'custom_url', message: 'custom_url needs environment "custom".' }]);
    }
    return { environment: dto.environment, customUrl };
  }
  if (customUrl !== undefined)
    throw wrongInput('body', [{ field: 'environment', message: 'custom_url needs environment "custom".' }]);
  for (const field of ['resign', 'include_credentials'] as const)
    if (dto[field] === true)
      throw wrongInput('body', [{ field, message: `${field} needs destination_url or environment.` }]);
  return null;
}

export class BulkReplayDto {
  @Doc('The filters of the event list. Give at least one.')
  @Nested(() => EventFilterDto, rules.object)
  filter!: EventFilterDto;

  @Doc('Only counts the events that match.')
  @Rule(fields.bulkReplay.dryRun)
  dry_run?: boolean;

  @Doc('Events per second. Null: as fast as they are delivered.')
  @Rule(fields.bulkReplay.ratePerSecond)
  rate_per_second?: number | null;

  @Doc(
    'Delivers the events themselves to this destination. Default: copies of the events go to the destinations of their endpoints.',
  )
  @Rule(fields.bulkReplay.destinationId)
  destination_id?: string | null;
}
