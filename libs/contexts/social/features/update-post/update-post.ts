import { Body, Controller, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { assertVersion, Clock, type ExpectedVersion, NotFound } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  IfMatch,
  Item,
  PermissionToManageAny,
  UuidParam,
  Versioned,
} from '@rookery/web';
import { ManageAny, type Actor } from '../../model/actor';
import type { PostDraft } from '../../model/post';
import { Posts } from '../../storage/posts';
import { Visibility } from '../../storage/visibility';
import { POST, PostView, PostViews } from '../../views/post';

class PostUpdate {
  @Field.text({ ...POST.title, optional: true })
  title?: string;

  @Field.text({ ...POST.content, optional: true })
  content?: string;

  @Field.list(Item.text(POST.tag), { ...POST.tags, optional: true })
  tags?: string[];
}

@Audited('social.update-post')
export class UpdatePost extends Command<PostView> {
  constructor(
    readonly postId: string,
    readonly actor: Actor,
    readonly changes: Partial<PostDraft>,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class UpdatePostRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id')
  @Versioned()
  @PermissionToManageAny(ManageAny.updatePosts)
  @Explain({
    operationId: 'updatePost',
    summary: 'Change a post',
    description: 'Omitted fields do not change. A body that changes nothing does not create a new version.',
    ok: { type: PostView },
    rejects: [NotFound],
  })
  update(
    @UuidParam() id: string,
    @CurrentCaller() caller: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() changes: PostUpdate,
  ): Promise<PostView> {
    return this.commands.execute(new UpdatePost(id, caller, changes, expectedVersion));
  }
}

@CommandHandler(UpdatePost)
export class UpdatePostHandler implements ICommandHandler<UpdatePost> {
  constructor(
    private readonly clock: Clock,
    private readonly posts: Posts,
    private readonly views: PostViews,
    private readonly visibility: Visibility,
  ) {}

  async execute({ postId, actor, changes, expectedVersion }: UpdatePost): Promise<PostView> {
    const post = await this.posts.getLocked(postId); // of two concurrent edits the second is rejected as stale
    await this.visibility.assertCanFind(actor, post.authorId, ManageAny.updatePosts);
    post.verifyUpdater(actor);
    assertVersion(post.version, expectedVersion);
    if (post.update(changes, this.clock.now())) await this.posts.save(post);
    return this.views.reload(postId, actor.userId);
  }
}
