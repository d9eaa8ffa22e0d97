import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, PermissionBeyondOwn, UuidParam } from '@rookery/web';
import type { Comment } from '../../model/comment';
import { BeyondOwn, type Editor } from '../../model/editor';
import { Comments } from '../../storage/comments';
import { Posts } from '../../storage/posts';
import { Visibility } from '../../storage/visibility';

export class DeleteComment extends Command<void> {
  constructor(
    readonly commentId: string,
    readonly editor: Editor,
  ) {
    super();
  }
}

@ApiTags('Social')
@Controller('comments')
export class DeleteCommentRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @PermissionBeyondOwn(BeyondOwn.deleteComments)
  @Explain({
    operationId: 'deleteComment',
    summary: 'Delete a comment',
    description: 'The own comment also when the author of the post has blocked one since.',
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

  async execute({ commentId, editor }: DeleteComment): Promise<void> {
    const comment = await this.comments.getToRemove(commentId); // of two deletions at once the second finds nothing
    if (comment.authorId !== editor.userId) await this.verifyFinds(editor, comment);
    comment.verifyDeleter(editor);
    comment.delete();
    await this.comments.remove(comment);
  }

  private async verifyFinds(editor: Editor, { authorId, postId }: Comment): Promise<void> {
    const post = await this.posts.get(postId);
    await this.visibility.verifyFinds(editor, post.authorId, BeyondOwn.deleteComments);
    await this.visibility.verifyFinds(editor, authorId, BeyondOwn.deleteComments);
  }
}
