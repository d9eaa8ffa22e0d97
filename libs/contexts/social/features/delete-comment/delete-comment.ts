import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, PermissionToManageAny, UuidParam } from '@rookery/web';
import type { Comment } from '../../model/comment';
import { ManageAny, type Actor } from '../../model/actor';
import { Comments } from '../../storage/comments';
import { Posts } from '../../storage/posts';
import { Visibility } from '../../storage/visibility';

@Audited('social.delete-comment')
export class DeleteComment extends Command<void> {
  constructor(
    readonly commentId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@ApiTags('Comments')
@Controller('comments')
export class DeleteCommentRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @PermissionToManageAny(ManageAny.deleteComments)
  @Explain({
    operationId: 'deleteComment',
    summary: 'Delete a comment',
    description: 'You can delete your comment even after the author of the post has blocked you.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(@UuidParam() id: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.commands.execute(new DeleteComment(id, caller));
  }
}

@CommandHandler(DeleteComment)
export class DeleteCommentHandler implements ICommandHandler<DeleteComment> {
  constructor(
    private readonly comments: Comments,
    private readonly posts: Posts,
    private readonly visibility: Visibility,
  ) {}

  async execute({ commentId, actor }: DeleteComment): Promise<void> {
    const comment = await this.comments.getForDelete(commentId); // the second of two concurrent deletions finds nothing
    if (comment.authorId !== actor.userId) await this.assertCanFind(actor, comment);
    comment.verifyDeleter(actor);
    comment.delete();
    await this.comments.remove(comment);
  }

  private async assertCanFind(actor: Actor, { authorId, postId }: Comment): Promise<void> {
    const post = await this.posts.get(postId);
    await this.visibility.assertCanFind(actor, post.authorId, ManageAny.deleteComments);
    await this.visibility.assertCanFind(actor, authorId, ManageAny.deleteComments);
  }
}
