import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnModuleInit,
  type Provider,
  type Type,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule, auditSchedules, AuditTrail } from '@rookery/audit';
import { MessagingModule, PruneOutbox, Schedules, Subscribers } from '@rookery/messaging';
import { PersistenceModule } from '@rookery/persistence';
import { Cache } from './cache';
import { Commands } from './commands';
import { checkPorts, checkSchemas, type Context, handles, inOrder } from './context';
import { CqrsOptions, refuseInMemoryHandlers } from './event-bus';
import { IdempotencyKeys } from './idempotency-keys';
import { PersonalDataOfAll } from './personal-data';
import { PruneIdempotencyKeys } from './prune-idempotency-keys';
import { Queries } from './queries';
import { Rebuild } from './rebuild';

/**
 * What a process does with the contexts: serve requests, run background work, seed a database with demo data, or
 * rebuild projections.
 */
export type Role = 'api' | 'worker' | 'seed' | 'rebuild';

/** Injection token of the list of contexts. */
export const CONTEXTS = Symbol('contexts');
const ROLE = Symbol('role');

/** The contexts and the choke points (commands, queries) through which they are called. */
@Global()
@Module({})
export class ApplicationModule implements OnModuleInit {
  constructor(
    @Inject(CONTEXTS) private readonly contexts: readonly Context[],
    @Inject(ROLE) private readonly role: Role,
    private readonly moduleRef: ModuleRef,
    subscribers: Subscribers,
    audit: AuditTrail,
    private readonly modules: ModulesContainer,
  ) {
    // Both apps register every subscriber, because the app that stores an event stores its deliveries; only a worker
    // runs them. Not in a lifecycle hook, so that an application that is created but never initialized can be described
    // too.
    for (const { subscribers: types, handlers } of contexts) {
      for (const type of types) subscribers.register(type);
      for (const { type, kind } of handlers.map((each) => handles(each)!)) {
        if (kind === 'command') audit.register(type);
      }
    }
  }

  /**
   * @param declared contexts of the process
   * @param role decides which parts of the contexts are registered
   * @throws Error if a context requires one that is missing, if contexts require each other, if a port has no
   *   provider or two, or if two aggregates are stored under one name
   */
  static forRoot(declared: readonly Context[], role: Role): DynamicModule {
    const contexts = inOrder(declared);
    checkPorts(contexts);
    checkSchemas(contexts);
    return {
      module: ApplicationModule,
      imports: [
        CqrsModule.forRootAsync({ useClass: CqrsOptions }),
        PersistenceModule.forRoot(
          contexts.flatMap(({ schemas }) => schemas),
          `rookery-${role}`,
        ),
        AuditModule,
        role === 'worker' ? MessagingModule.forWorking() : MessagingModule.forWriting(),
        ...contexts.map((context) => contextModule(context, role)),
      ],
      providers: [
        Cache,
        Commands,
        IdempotencyKeys,
        PruneIdempotencyKeys,
        Queries,
        Rebuild,
        { provide: CONTEXTS, useValue: contexts },
        { provide: ROLE, useValue: role },
        {
          provide: PersonalDataOfAll,
          useFactory: (ref: ModuleRef) => new PersonalDataOfAll(contexts, ref),
          inject: [ModuleRef],
        },
      ],
      exports: [Cache, Commands, IdempotencyKeys, Queries, CONTEXTS, CqrsModule, PersonalDataOfAll],
    };
  }

  onModuleInit(): void {
    const providers = [...this.modules.values()].flatMap((module) => [...module.providers.values()]);
    refuseInMemoryHandlers(providers.map(({ metatype }) => metatype));
    if (this.role === 'worker') this.registerSchedules();
  }

  private registerSchedules(): void {
    const schedules = this.moduleRef.get(Schedules, { strict: false });
    const types = [
      PruneOutbox,
      PruneIdempotencyKeys,
      ...auditSchedules,
      ...this.contexts.flatMap((one) => one.schedules),
    ];
    for (const type of types) schedules.register(type);
  }
}

/** Each context is a separate module: other contexts can inject only what it offers. */
function contextModule(context: Context, role: Role): DynamicModule {
  const parts: Record<Role, Provider[]> = {
    api: [...context.apiProviders],
    worker: [...context.subscribers, ...context.schedules],
    seed: context.seed ? [context.seed] : [],
    rebuild: [...context.subscribers],
  };
  return {
    module: namedModule(context.name),
    global: true,
    imports: [TypeOrmModule.forFeature([...context.schemas])],
    exports: context.offers.map(({ provide }) => provide),
    controllers: role === 'api' ? [...context.controllers] : [],
    providers: [
      ...context.providers,
      ...context.offers,
      ...(context.personalData ? [context.personalData] : []),
      ...context.handlers,
      ...parts[role],
    ],
  };
}

function namedModule(name: string): Type {
  const type = { [name]: class {} }[name]!;
  Module({})(type);
  return type;
}
