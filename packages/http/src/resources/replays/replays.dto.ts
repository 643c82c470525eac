import { environments, fields, invalid, PaggioError, rules, type Environment, type ReplayTarget } from '@paggio/core';
import { Doc } from '../../dto/doc';
import { Forms } from '../../dto/forms';
import { Nested } from '../../dto/nested';
import { Rule } from '../../dto/rule';
import { URL_FORM, urlInput } from '../../dto/url';
import type { JsonSchema } from '../../openapi/schema';
import { EventFilterDto } from '../events/events.dto';

/** What goes with every replay to a URL. */
const choices = ['include_credentials', 'resign'];
const never: JsonSchema = { enum: [false] };

@Forms(
  {
    description: 'A new event with retries, to every destination. The endpoint must have one that takes the event.',
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
    description: 'The same by the other name of custom_url.',
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
    'One attempt, now. original: to every destination that has not accepted the event, or to the first when all have; staging, local: to the path of the first destination on that host; staging needs a staging host that the operator has set; custom: to custom_url.',
  )
  @Rule(rules.optional(fields.replay.environment))
  environment?: Environment;

  @Doc(URL_FORM, urlInput)
  @Rule(fields.replay.customUrl)
  custom_url?: string;

  @Doc('Another name of custom_url.', urlInput)
  @Rule(fields.replay.customUrl)
  customUrl?: string;

  @Doc(
    "Sends the sender's credentials to other hosts than the endpoint's own destination too. Needs the scope resign or admin.",
  )
  @Rule(fields.replay.includeCredentials)
  include_credentials?: boolean;

  @Doc(
    "Signs anew in the provider's own scheme with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification.",
  )
  @Rule(fields.replay.resign)
  resign?: boolean;
}

/** Where a synchronous replay goes; null for a re-delivery. */
export function toReplayTarget(dto: ReplayDto): ReplayTarget | null {
  const customUrl = dto.custom_url ?? dto.customUrl;
  if (dto.custom_url !== undefined && dto.customUrl !== undefined) {
    throw invalid([{ field: 'customUrl', message: 'customUrl is another name of custom_url: give one of them.' }]);
  }
  if (dto.destination_url !== undefined && (dto.environment !== undefined || customUrl !== undefined)) {
    throw new PaggioError('BAD_REQUEST', 'Two forms of replay in one body', {
      hint: 'Give destination_url, or environment, or no body.',
    });
  }
  if (dto.destination_url !== undefined) return { destinationUrl: dto.destination_url };
  if (dto.environment !== undefined) {
    if (customUrl !== undefined && dto.environment !== 'custom') {
      throw invalid([{ field: 'custom_url', message: 'custom_url goes with environment "custom".' }]);
    }
    return { environment: dto.environment, customUrl };
  }
  if (customUrl !== undefined)
    throw invalid([{ field: 'environment', message: 'custom_url goes with environment "custom".' }]);
  for (const field of ['resign', 'include_credentials'] as const)
    if (dto[field] === true) throw invalid([{ field, message: `${field} goes with destination_url or environment.` }]);
  return null;
}

export class BulkReplayDto {
  @Doc('The filters of the event list; at least one.')
  @Nested(() => EventFilterDto, rules.object)
  filter!: EventFilterDto;

  @Doc('Counts, and does nothing else.')
  @Rule(fields.bulkReplay.dryRun)
  dry_run?: boolean;

  @Doc('Events per second; null: as fast as they are delivered.')
  @Rule(fields.bulkReplay.ratePerSecond)
  rate_per_second?: number | null;

  @Doc('Sends the events themselves to this destination, instead of copies to where their endpoints send.')
  @Rule(fields.bulkReplay.destinationId)
  destination_id?: string | null;
}
