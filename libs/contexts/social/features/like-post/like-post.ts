import { Controller, Delete, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, defineRatePolicy, Explain, RateLimit, UuidParam } from '@rookery/web';
import { Like } from '../../model/like';
import { Likes } from '../../storage/likes';
import { People } from '../../storage/people';
import { PostViews } from '../../views/post';

/** Each like and unlike raises an event, so the rate of repeated likes and unlikes is limited. */
const LIKES = defineRatePolicy('like', {
  quota: '60/60',
  per: ['account'],
  doc: 'Liking and unliking posts, per account.',
});

@Audited('social.like-post')
export class LikePost extends Command<void> {
  constructor(
    readonly postId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@Audited('social.unlike-post')
export class UnlikePost extends Command<void> {
  constructor(
    readonly postId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class LikePostRoute {
  constructor(private readonly commands: Commands) {}

  @Put(':id/like')
  @RateLimit(LIKES)
  @Explain({
    operationId: 'likePost',
    summary: 'Like a post',
    description:
      'You must be able to read the post. `liked` changes immediately, `likesCount` within moments.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  like(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new LikePost(id, userId));
  }

  @Delete(':id/like')
  @RateLimit(LIKES)
  @Explain({
    operationId: 'unlikePost',
    summary: 'Unlike a post',
    description: 'You can unlike a post even if you can no longer read it.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  unlike(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new UnlikePost(id, userId));
  }
}

@CommandHandler(LikePost)
export class LikePostHandler implements ICommandHandler<LikePost> {
  constructor(
    private readonly clock: Clock,
    private readonly likes: Likes,
    private readonly people: People,
    private readonly posts: PostViews,
  ) {}

  async execute({ postId, userId }: LikePost): Promise<void> {
    const [like] = await Promise.all([
      this.likes.lockOf(postId, userId),
      this.posts.verify(postId, userId),
      this.people.ensure(userId),
    ]);
    if (!like) await this.likes.save(Like.give(postId, userId, this.clock.now()));
  }
}

@CommandHandler(UnlikePost)
export class UnlikePostHandler implements ICommandHandler<UnlikePost> {
  constructor(
    private readonly likes: Likes,
    private readonly posts: PostViews,
  ) {}

  async execute({ postId, userId }: UnlikePost): Promise<void> {
    const like = await this.likes.lockOf(postId, userId);
    if (!like) return this.posts.verify(postId, userId);
    like.withdraw();
    await this.likes.remove(like);
  }
}
