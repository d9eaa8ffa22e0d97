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

  @Field.text({ max: 250, description: 'First letter and domain of the address.', example: 'a…@example.com' })
  address: string;

  @Field.oneOf(SUPPRESSION_REASONS, {
    name: 'MailSuppressionReason',
    description:
      '`bounce`: mail to the address cannot be delivered, and none is sent. `complaint`: the owner reported a mail as spam, and only transactional mail is sent.',
  })
  reason: SuppressionReason;

  @Field.oneOf(PROVIDERS, { name: 'MailProvider', description: 'Mail provider that reported it.' })
  provider: ProviderName;

  @Field.text({ min: 0, max: 300, description: 'Response of the receiving mail server.' })
  detail: string;

  @Field.dateTime({ description: 'When the address was added.' })
  createdAt: Date;
}
