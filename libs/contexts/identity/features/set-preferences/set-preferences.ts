import { Body, Controller, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import { PreferencesUpdate, PreferencesView } from '../../views/preferences';
import { NO_PREFERENCES, Preferences, type Taste } from '../../model/preferences';
import { InterestsRepeated, LanguageUnknown, TimeZoneUnknown } from '../../model/rejections';
import { StoredPreferences } from '../../storage/preferences';
import { Users } from '../../storage/users';

@Audited('identity.set-preferences')
export class SetPreferences extends Command<PreferencesView> {
  constructor(
    readonly userId: string,
    /** Without a time zone, the current one is kept. */
    readonly said: Omit<Taste, 'timeZone'> & Partial<Taste>,
  ) {
    super();
  }
}

@ApiTags('Account')
@Controller('me/preferences')
export class SetPreferencesRoute {
  constructor(private readonly commands: Commands) {}

  @Put()
  @Explain({
    operationId: 'setPreferences',
    summary: 'Update reading preferences',
    description: 'Replaces all preferences. The time zone changes only if it is given.',
    ok: { type: PreferencesView },
    rejects: [InterestsRepeated, LanguageUnknown, TimeZoneUnknown],
  })
  set(@CurrentCaller() caller: Caller, @Body() form: PreferencesUpdate): Promise<PreferencesView> {
    return this.commands.execute(new SetPreferences(caller.userId, form));
  }
}

@CommandHandler(SetPreferences)
export class SetPreferencesHandler implements ICommandHandler<SetPreferences> {
  constructor(
    private readonly clock: Clock,
    private readonly preferences: StoredPreferences,
    private readonly users: Users,
  ) {}

  async execute({ userId, said }: SetPreferences): Promise<PreferencesView> {
    await this.users.lockOwn(userId); // serializes also the first two concurrent requests
    const now = this.clock.now();
    let preferences = await this.preferences.find({ userId });
    const { timeZone = preferences?.snapshot().timeZone ?? NO_PREFERENCES.timeZone } = said;
    const taste = { ...said, timeZone };
    if (!preferences) preferences = Preferences.of(userId, taste, now);
    else if (preferences.matches(taste)) return viewOf(preferences);
    else preferences.change(taste, now);
    await this.preferences.save(preferences);
    return viewOf(preferences);
  }
}

function viewOf(preferences: Preferences): PreferencesView {
  const { interests, tone, length, language, timeZone, updatedAt } = preferences.snapshot();
  return { interests, tone, length, language, timeZone, updatedAt };
}
