import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, PermissionToManageAny, UuidParam } from '@rookery/web';
import { ManageAny, type Actor } from '../../model/actor';
import { Posts } from '../../storage/posts';
import { Visibility } from '../../storage/visibility';

@Audited('social.delete-post')
export class DeletePost extends Command<void> {
  constructor(
    readonly postId: string,
    readonly actor: Actor,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class DeletePostRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @PermissionToManageAny(ManageAny.deletePosts)
  @Explain({
    operationId: 'deletePost',
    summary: 'Delete a post',
    description: 'Also deletes its comments.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(@UuidParam() id: string, @CurrentCaller() caller: Caller): Promise<void> {
    return this.commands.execute(new DeletePost(id, caller));
  }
}

@CommandHandler(DeletePost)
export class DeletePostHandler implements ICommandHandler<DeletePost> {
  constructor(
    private readonly posts: Posts,
    private readonly visibility: Visibility,
  ) {}

  async execute({ postId, actor }: DeletePost): Promise<void> {
    const post = await this.posts.getLocked(postId); // the second of two concurrent deletions finds nothing
    await this.visibility.assertCanFind(actor, post.authorId, ManageAny.deletePosts);
    post.verifyDeleter(actor);
    post.delete();
    await this.posts.remove(post);
  }
}
