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
  PermissionToManageAny,
  UuidParam,
  Versioned,
} from '@rookery/web';
import { ManageAny, type Actor } from '../../model/actor';
import { Comments } from '../../storage/comments';
import { Posts } from '../../storage/posts';
import { Visibility } from '../../storage/visibility';
import { COMMENT, CommentView, CommentViews } from '../../views/comment';

class CommentUpdate {
  @Field.text({ ...COMMENT.content, optional: true })
  content?: string;
}

@Audited('social.update-comment')
export class UpdateComment extends Command<CommentView> {
  constructor(
    readonly commentId: string,
    readonly actor: Actor,
    readonly content: string | undefined,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@ApiTags('Comments')
@Controller('comments')
export class UpdateCommentRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id')
  @Versioned()
  @PermissionToManageAny(ManageAny.updateComments)
  @Explain({
    operationId: 'updateComment',
    summary: 'Change a comment',
    description: 'Omitted fields do not change. A body that changes nothing does not create a new version.',
    ok: { type: CommentView },
    rejects: [NotFound],
  })
  update(
    @UuidParam() id: string,
    @CurrentCaller() caller: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() { content }: CommentUpdate,
  ): Promise<CommentView> {
    return this.commands.execute(new UpdateComment(id, caller, content, expectedVersion));
  }
}

@CommandHandler(UpdateComment)
export class UpdateCommentHandler implements ICommandHandler<UpdateComment> {
  constructor(
    private readonly clock: Clock,
    private readonly comments: Comments,
    private readonly posts: Posts,
    private readonly views: CommentViews,
    private readonly visibility: Visibility,
  ) {}

  async execute({ commentId, actor, content, expectedVersion }: UpdateComment): Promise<CommentView> {
    const comment = await this.comments.getLocked(commentId); // of two concurrent edits the second is rejected as stale
    const post = await this.posts.get(comment.postId);
    await this.visibility.assertCanFind(actor, post.authorId, ManageAny.updateComments);
    await this.visibility.assertCanFind(actor, comment.authorId, ManageAny.updateComments);
    comment.verifyUpdater(actor);
    assertVersion(comment.version, expectedVersion);
    if (comment.update(content, this.clock.now())) await this.comments.save(comment);
    return this.views.reload(commentId);
  }
}
