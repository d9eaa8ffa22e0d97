import { Body, Controller, Post as HttpPost, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, UuidParam, Versioned } from '@rookery/web';
import { Comment } from '../../model/comment';
import { Comments } from '../../storage/comments';
import { People } from '../../storage/people';
import { Posts } from '../../storage/posts';
import { Visibility } from '../../storage/visibility';
import type { FastifyReply } from 'fastify';
import { COMMENT, CommentView, newCommentView } from '../../views/comment';

class CommentCreate {
  @Field.text(COMMENT.content)
  content: string;
}

@Audited('social.create-comment')
export class CreateComment extends Command<CommentView> {
  constructor(
    readonly postId: string,
    readonly authorId: string,
    readonly content: string,
  ) {
    super();
  }
}

@ApiTags('Comments')
@Controller('posts')
export class CreateCommentRoute {
  constructor(private readonly commands: Commands) {}

  @HttpPost(':id/comments')
  @Versioned()
  @Explain({
    operationId: 'createComment',
    summary: 'Comment on a post',
    description: 'You must be able to read the post.',
    ok: { status: 201, type: CommentView, headers: { Location: 'URL of the comment.' } },
    rejects: [NotFound],
  })
  async create(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Body() { content }: CommentCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommentView> {
    const comment = await this.commands.execute(new CreateComment(id, userId, content));
    reply.header('location', `/v1/comments/${comment.id}`);
    return comment;
  }
}

@CommandHandler(CreateComment)
export class CreateCommentHandler implements ICommandHandler<CreateComment> {
  constructor(
    private readonly clock: Clock,
    private readonly comments: Comments,
    private readonly people: People,
    private readonly posts: Posts,
    private readonly visibility: Visibility,
  ) {}

  async execute({ postId, authorId, content }: CreateComment): Promise<CommentView> {
    const post = await this.posts.get(postId);
    await this.visibility.assertCanRead(authorId, post.authorId);
    const [author] = await this.people.ensure(authorId);
    const comment = Comment.add(postId, authorId, content, this.clock.now());
    await this.comments.save(comment);
    return newCommentView(comment, author!);
  }
}
