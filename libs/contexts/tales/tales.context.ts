import { defineContext } from '@rookery/application';
import { OwnTales } from './contract';
import { TalesPersonalData } from './personal-data';
import { SeedTales } from './seed';
import { Budgets } from './services/budgets';
import { EmbeddedWriter } from './services/embedded-writer';
import { ModelWriter } from './services/model-writer';
import { Recital } from './services/recital';
import { StoryWriter } from './services/story-writer';
import { TaleSettings } from './settings';
import { Drafts } from './storage/drafts';
import { StoredOwnTales } from './storage/own-tales';
import { Tales, taleSchema } from './storage/tales';
import { Usage } from './storage/usage';
import { TaleViews } from './views/tale';

/** Stories that are written for one user. */
export const tales = defineContext('tales', __dirname, {
  tags: { Tales: 'Request stories that are written for you; follow, read and cancel them.' },
  requires: ['identity'],
  schemas: [taleSchema],
  providers: [
    Budgets,
    Drafts,
    Recital,
    StoredOwnTales,
    {
      provide: StoryWriter,
      useFactory: (settings: TaleSettings) =>
        settings.provider === 'embedded' ? new EmbeddedWriter() : new ModelWriter(settings),
      inject: [TaleSettings],
    },
    TaleSettings,
    TaleViews,
    Tales,
    Usage,
  ],
  offers: [{ provide: OwnTales, useExisting: StoredOwnTales }],
  personalData: TalesPersonalData,
  seed: SeedTales,
});
