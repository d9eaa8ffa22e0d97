import { Body, Controller, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import { Accounts } from '../../../identity/contract';
import { QuietHoursEmpty } from '../../model/rejections';
import { allChannels, assertSettings, type Settings } from '../../model/settings';
import { StoredSettings } from '../../storage/settings';
import { SettingsView } from '../../views/settings';

@Audited('notifications.set-settings')
export class SetSettings extends Command<SettingsView> {
  constructor(
    readonly userId: string,
    readonly settings: Settings,
  ) {
    super();
  }
}

@ApiTags('Notifications')
@Controller('me/notification-settings')
export class SetSettingsRoute {
  constructor(private readonly commands: Commands) {}

  @Put()
  @Explain({
    operationId: 'setNotificationSettings',
    summary: 'Update your notification settings',
    description: 'Replaces all settings. Kinds that are left out get their defaults.',
    ok: { type: SettingsView },
    rejects: [NotFound, QuietHoursEmpty],
  })
  set(@CurrentCaller() { userId }: Caller, @Body() settings: SettingsView): Promise<SettingsView> {
    return this.commands.execute(new SetSettings(userId, settings));
  }
}

@CommandHandler(SetSettings)
export class SetSettingsHandler implements ICommandHandler<SetSettings> {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly settings: StoredSettings,
  ) {}

  async execute({ userId, settings }: SetSettings): Promise<SettingsView> {
    assertSettings(settings);
    const [account] = await this.accounts.find([userId]);
    if (!account?.active) throw new Rejection(NotFound); // the token outlived the account
    await this.settings.lock(userId);
    await this.settings.save(userId, settings, this.clock.now());
    return { ...settings, kinds: allChannels(settings) };
  }
}
