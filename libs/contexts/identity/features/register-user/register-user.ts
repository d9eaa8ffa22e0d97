import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NIL_UUID, Rejection } from '@rookery/domain';
import { Explain, Field, Public } from '@rookery/web';
import { Passwords } from '../../services/passwords';
import { Registrations } from '../../services/registrations';
import { CODE_TTL_MS, VerificationCodes } from '../../services/verification-codes';
import { NAME, USERNAME } from '../../model/names';
import { checkPassword, PASSWORD_LENGTH } from '../../model/password-policy';
import { PasswordWeak, UsernameTaken } from '../../model/rejections';
import type { Registration } from '../../model/user';
import { Decoys } from '../../storage/decoys';
import { EmailChanges } from '../../storage/email-changes';
import { Users } from '../../storage/users';

class RegisterRequest {
  @Field.email({ description: 'E-mail address that the code is sent to.', example: 'ada@example.com' })
  email: string;

  @Field.username({
    ...USERNAME,
    description: 'Unique name: letters, digits, dot, underscore and hyphen.',
    example: 'ada',
  })
  username: string;

  @Field.text({
    ...PASSWORD_LENGTH,
    description: 'Must not be a common password.',
    example: 'correct horse battery',
  })
  password: string;

  @Field.name({ ...NAME, description: 'Display name.', example: 'Ada Lovelace' })
  name: string;
}

class RegistrationAccepted {
  @Field.email({ description: 'E-mail address that the code is sent to.', example: 'ada@example.com' })
  email: string;

  @Field.dateTime({ description: 'Earliest time at which the code expires.' })
  expiresAt: string;
}

@Audited('identity.register-user')
export class RegisterUser extends Command<{ expiresAt: Date }> {
  constructor(readonly form: Omit<Registration, 'passwordHash'> & { password: string }) {
    super();
  }
}

@ApiTags('Auth')
@Controller('auth/register')
export class RegisterUserRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Post()
  @Explain({
    operationId: 'register',
    summary: 'Register',
    description:
      'Sends a six-digit code and a link to the address. The response is the same if the address already has an account: its owner then gets a mail about it. Registering an unverified address again starts over immediately: earlier codes and links become invalid. The mail with the new ones is sent as soon as the limits allow: a minute after the first mail, then at growing intervals, at most five times per day. If the passwords differ, verification accepts none of them and requires a new one.',
    ok: { status: 202, type: RegistrationAccepted },
    rejects: [UsernameTaken, PasswordWeak],
  })
  async register(@Body() form: RegisterRequest): Promise<RegistrationAccepted> {
    const { expiresAt } = await this.commands.execute(new RegisterUser(form));
    return { email: form.email, expiresAt: expiresAt.toISOString() };
  }
}

/**
 * Every accepted request has the same cost and response, whether the address is new, pending or taken: one password
 * hash, one aggregate saved with its event, one link, one code announced. A rejected request costs no hash.
 */
@CommandHandler(RegisterUser)
export class RegisterUserHandler implements ICommandHandler<RegisterUser> {
  constructor(
    private readonly changes: EmailChanges,
    private readonly clock: Clock,
    private readonly codes: VerificationCodes,
    private readonly decoys: Decoys,
    private readonly passwords: Passwords,
    private readonly registrations: Registrations,
    private readonly users: Users,
  ) {}

  async execute({ form }: RegisterUser): Promise<{ expiresAt: Date }> {
    const { password, email, username, name } = form;
    checkPassword(password, form);
    await this.codes.ensureAvailable();
    // The same response as below, but earlier, so that anonymous requests do not cause unnecessary hashing.
    if (await this.users.seemsUsernameTaken(username, email)) throw new Rejection(UsernameTaken);
    const { registered } = await this.users.passwordsOf(email);
    const passwordHash = await this.passwords.hash(password, 'register', registered);
    const registration = { email, username, name, passwordHash };

    const now = this.clock.now();
    await this.users.lockAddress(email);
    if (await this.users.usernameTaken(username, email)) throw new Rejection(UsernameTaken);
    const [own, decoy] = [await this.users.find({ email }), await this.decoys.find({ email })];
    // Looked up for every address, so that all cost the same.
    const holder = await this.users.find({ id: (await this.changes.holderOf(email)) ?? NIL_UUID });
    const known = own ?? holder;
    if (!known) await this.registrations.begin(registration, now);
    else if (known.pending) await this.registrations.beginAgain(known, registration, now);
    else await this.registrations.pretend(known, decoy, registration, now);
    return { expiresAt: new Date(now.getTime() + CODE_TTL_MS) };
  }
}
