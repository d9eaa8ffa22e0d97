import { Global, Module } from '@nestjs/common';
import { MailEvents } from './events';
import { Mail } from './mail';
import { ProviderLimits } from './provider-limits';
import { MailSettings } from './settings';
import { Suppressions } from './suppressions';

/** Sends mail for the subscribers of all contexts. */
@Global()
@Module({
  providers: [Mail, MailEvents, MailSettings, ProviderLimits, Suppressions],
  exports: [Mail, MailEvents, MailSettings, Suppressions],
})
export class MailModule {}
