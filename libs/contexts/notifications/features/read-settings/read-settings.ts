import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import { allChannels } from '../../model/settings';
import { StoredSettings } from '../../storage/settings';
import { SettingsView } from '../../views/settings';

export class ReadSettings extends Query<SettingsView> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Notifications')
@Controller('me/notification-settings')
export class ReadSettingsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'getNotificationSettings',
    summary: 'Read your notification settings',
    description: 'Returns the defaults for everything that you have not set.',
    ok: { type: SettingsView },
  })
  read(@CurrentCaller() { userId }: Caller): Promise<SettingsView> {
    return this.queries.execute(new ReadSettings(userId));
  }
}

@QueryHandler(ReadSettings)
export class ReadSettingsHandler implements IQueryHandler<ReadSettings> {
  constructor(private readonly settings: StoredSettings) {}

  async execute({ userId }: ReadSettings): Promise<SettingsView> {
    const settings = await this.settings.ofOne(userId);
    return { ...settings, kinds: allChannels(settings) };
  }
}
