import { Body, Controller, Headers, Ip, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { Explain, Field, Public } from '@rookery/web';
import { Passwords } from '../../access/passwords';
import { SignIn, Tokens } from '../../access/sign-in';
import { BadCredentials, EmailUnverified } from '../../model/rejections';
import type { Client } from '../../storage/sessions';
import { Users } from '../../storage/users';

class LoginForm {
  @Field.email({ description: 'E-mail address.', example: 'user@rookery.test' })
  email: string;

  @Field.text({ max: 128, description: 'Password.', example: 'Rookery-demo-1' })
  password: string;
}

@Audited<LogIn>({ subject: (_, tokens) => tokens?.user.id })
export class LogIn extends Command<Tokens> {
  constructor(
    readonly email: string,
    readonly password: string,
    readonly client: Client,
  ) {
    super();
  }
}

@ApiTags('Identity')
@Controller('auth/login')
export class LogInRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Post()
  @Explain({
    operationId: 'login',
    summary: 'Sign in',
    ok: { type: Tokens },
    rejects: [BadCredentials, EmailUnverified],
  })
  logIn(
    @Body() { email, password }: LoginForm,
    @Ip() ip: string,
    @Headers('user-agent') userAgent = '',
  ): Promise<Tokens> {
    return this.commands.execute(new LogIn(email, password, { ip, userAgent }));
  }
}

@CommandHandler(LogIn)
export class LogInHandler implements ICommandHandler<LogIn> {
  constructor(
    private readonly passwords: Passwords,
    private readonly signIn: SignIn,
    private readonly users: Users,
  ) {}

  async execute({ email, password, client }: LogIn): Promise<Tokens> {
    const { id: subject, passwordHash } = (await this.users.credentialsOf(email)) ?? {};
    if (!(await this.passwords.verify(passwordHash, password))) throw new Rejection(BadCredentials, { subject });
    const user = await this.users.find({ email });
    if (!user || user.deleted) throw new Rejection(BadCredentials, { subject });
    if (user.pending) throw new Rejection(EmailUnverified, { subject });
    return this.signIn.start(user, client);
  }
}
