import { Body, Controller, Post as HttpPost, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Item, Versioned } from '@rookery/web';
import { Post, type PostDraft } from '../../model/post';
import { People } from '../../storage/people';
import { Posts } from '../../storage/posts';
import type { FastifyReply } from 'fastify';
import { newPostView, POST, PostView } from '../../views/post';

class PostCreate {
  @Field.text(POST.title)
  title: string;

  @Field.text(POST.content)
  content: string;

  @Field.list(Item.text(POST.tag), { ...POST.tags, optional: true })
  tags?: string[];
}

@Audited('social.create-post')
export class CreatePost extends Command<PostView> {
  constructor(
    readonly authorId: string,
    readonly draft: PostDraft,
  ) {
    super();
  }
}

@ApiTags('Posts')
@Controller('posts')
export class CreatePostRoute {
  constructor(private readonly commands: Commands) {}

  @HttpPost()
  @Versioned()
  @Explain({
    operationId: 'createPost',
    summary: 'Publish a post',
    description: 'The post appears in the feeds of your followers within moments.',
    ok: { status: 201, type: PostView, headers: { Location: 'URL of the post.' } },
  })
  async create(
    @CurrentCaller() { userId }: Caller,
    @Body() { title, content, tags = [] }: PostCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PostView> {
    const post = await this.commands.execute(new CreatePost(userId, { title, content, tags }));
    reply.header('location', `/v1/posts/${post.id}`);
    return post;
  }
}

@CommandHandler(CreatePost)
export class CreatePostHandler implements ICommandHandler<CreatePost> {
  constructor(
    private readonly clock: Clock,
    private readonly people: People,
    private readonly posts: Posts,
  ) {}

  async execute({ authorId, draft }: CreatePost): Promise<PostView> {
    const [author] = await this.people.ensure(authorId);
    const post = Post.create(authorId, draft, this.clock.now());
    await this.posts.save(post);
    return newPostView(post, author!);
  }
}
