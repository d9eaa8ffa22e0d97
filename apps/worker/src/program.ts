import { type DynamicModule, Module } from '@nestjs/common';
import { ApplicationModule, type Context } from '@rookery/application';
import { MailModule } from '@rookery/mail';
import { LoggingModule } from '@rookery/observability';
import { OutboundHttpModule } from '@rookery/outbound-http';
import { RealtimeModule } from '@rookery/realtime';
import { HealthModule } from '@rookery/web';

/** The contexts, for programs other than the two apps. */
@Module({})
export class ProgramModule {
  /** @param role decides which parts of the contexts are registered */
  static of(contexts: readonly Context[], role: 'seed' | 'rebuild'): DynamicModule {
    return {
      module: ProgramModule,
      imports: [
        LoggingModule.forRoot(),
        HealthModule,
        MailModule,
        OutboundHttpModule,
        ApplicationModule.forRoot(contexts, role),
        RealtimeModule.forWriting(),
      ],
    };
  }
}

/**
 * Runs a command-line program with the contexts of the project. If it fails, even because of a mistake in a
 * declaration, it prints the reason in one sentence and exits with 1.
 *
 * @param program takes the contexts and its arguments
 */
export async function runProgram(
  program: (contexts: readonly Context[], args: readonly string[]) => Promise<void>,
): Promise<void> {
  try {
    process.env.METRICS_PORT = ''; // a running app can already use the port
    // Loaded here, because conflicting declarations throw while they load.
    const { contexts } = await import('../../../libs/contexts/index.js');
    await program(contexts, process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1); // closes everything opened so far
  }
}
