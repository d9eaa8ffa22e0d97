import { Global, Module } from '@nestjs/common';
import { Mail } from './mail';
import { MailSettings } from './settings';

/** Mail, for the subscribers of all contexts. */
@Global()
@Module({
  providers: [Mail, MailSettings],
  exports: [Mail],
})
export class MailModule {}
