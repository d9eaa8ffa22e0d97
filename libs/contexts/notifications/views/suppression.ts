import { ApiSchema } from '@nestjs/swagger';
import {
  PROVIDERS,
  type ProviderName,
  type Suppression,
  SUPPRESSION_REASONS,
  type SuppressionReason,
} from '@rookery/mail';
import { Field } from '@rookery/web';

/** An address that gets no mail. */
@ApiSchema({ name: 'MailSuppression' })
export class SuppressionView implements Suppression {
  @Field.uuid({ description: 'Id of the entry.' })
  id: string;

  @Field.text({ max: 250, description: 'The first letter and the domain.', example: 'a…@example.com' })
  address: string;

  @Field.oneOf(SUPPRESSION_REASONS, {
    name: 'MailSuppressionReason',
    description:
      'Nobody has the address, or its owner reported a mail as spam; then only what must be told is sent.',
  })
  reason: SuppressionReason;

  @Field.oneOf(PROVIDERS, { name: 'MailProvider', description: 'Who reported it.' })
  provider: ProviderName;

  @Field.text({ min: 0, max: 300, description: 'What the other mail server said.' })
  detail: string;

  @Field.dateTime({ description: 'Since when.' })
  createdAt: Date;
}
