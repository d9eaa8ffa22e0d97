import { type DynamicModule, Module } from '@nestjs/common';
import { ApplicationModule, type Context } from '@rookery/application';
import { MailModule } from '@rookery/mail';
import { LoggingModule } from '@rookery/observability';
import { OutboundHttpModule } from '@rookery/outbound-http';
import { RealtimeModule } from '@rookery/realtime';
import { HealthModule } from '@rookery/web';

/** The contexts in a program that is neither of the apps. */
@Module({})
export class ProgramModule {
  /** @param role decides which parts of the contexts it takes */
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
 * Runs a program of the command line with the contexts of the project. When it fails, also for a mistake in a
 * declaration, it says why in one sentence and exits with 1.
 *
 * @param program takes the contexts and its arguments
 */
export async function runProgram(
  program: (contexts: readonly Context[], args: readonly string[]) => Promise<void>,
): Promise<void> {
  try {
    process.env.METRICS_PORT = ''; // an app may have it
    // Loaded here, since a declaration that contradicts another throws while it loads.
    const { contexts } = await import('../../../libs/contexts/index.js');
    await program(contexts, process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1); // closes everything opened so far
  }
}
