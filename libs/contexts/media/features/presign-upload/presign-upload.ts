import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, Rejection } from '@rookery/domain';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  Problems,
  RateLimit,
  RequestRefused,
} from '@rookery/web';
import { CONTENT_TYPES, MAX_UPLOAD_BYTES } from '../../model/media-types';
import { MediaUnavailable, QuotaExceeded, TooManyUploads } from '../../model/rejections';
import { Upload, type UploadDraft } from '../../model/upload';
import { MediaSettings } from '../../settings';
import { Bucket, StorageUnavailable } from '../../storage/bucket';
import { Uploads } from '../../storage/uploads';

const uploadPolicy = defineRatePolicy('uploads', {
  quota: '30/60',
  per: ['account'],
  doc: 'Requesting uploads, per account.',
});

class UploadRequest {
  @Field.text({
    max: 100,
    description: `Media type of the file: ${CONTENT_TYPES.join(', ')}.`,
    example: 'image/jpeg',
  })
  contentType: string;

  @Field.text({
    max: 255,
    description: 'Name of the file. Folders and characters that mislead are taken out of it.',
    example: 'owl.jpg',
  })
  fileName: string;

  @Field.integer({
    min: 1,
    description: `Exact size of the file in bytes, at most ${MAX_UPLOAD_BYTES}.`,
    example: 248_313,
  })
  size: number;
}

class UploadHeaders {
  @Field.text({ max: 100, description: 'Media type of the file.', example: 'image/jpeg' })
  'Content-Type': string;
}

class PresignedUpload {
  @Field.url({ description: 'Where to send the file: exactly as announced, until it expires.' })
  uploadUrl: string;

  @Field.oneOf(['PUT'], { description: 'Method of the request.', example: 'PUT' })
  method: 'PUT';

  @Field.object(() => UploadHeaders, { description: 'Headers of the request, besides Content-Length.' })
  headers: UploadHeaders;

  @Field.text({
    max: 100,
    description:
      'Names the file wherever a mediaKey is taken, once it was sent. It is removed after a day unless it is used.',
    example: 'uploads/0198c1d0-7a1c-7f00-a5d3-e1c2b3a49587',
  })
  mediaKey: string;

  @Field.dateTime({ description: 'Until when the file may be sent.' })
  expiresAt: Date;
}

@Audited('media.presign-upload')
export class PresignUpload extends Command<PresignedUpload> {
  constructor(
    readonly ownerId: string,
    readonly draft: UploadDraft,
  ) {
    super();
  }
}

@ApiTags('Media')
@Controller('uploads')
export class PresignUploadRoute {
  constructor(
    private readonly bucket: Bucket,
    private readonly commands: Commands,
  ) {}

  @Post('presigned')
  @RateLimit(uploadPolicy)
  @Explain({
    operationId: 'presignUpload',
    summary: 'Request an upload',
    description:
      'Answers a URL to which you send the file yourself, with the method and the headers of the answer. The storage refuses another size, another type and another key. Images are re-encoded in three sizes, without what a camera adds to them, before anybody sees them; of an animated one the first frame is kept.',
    ok: { status: 201, type: PresignedUpload },
    rejects: [MediaUnavailable, QuotaExceeded, TooManyUploads],
  })
  async presign(@CurrentCaller() { userId }: Caller, @Body() draft: UploadRequest): Promise<PresignedUpload> {
    if (!CONTENT_TYPES.includes(draft.contentType))
      throw new RequestRefused(Problems.unsupportedMediaType, {
        detail: `Files of this type are not accepted. Accepted are ${CONTENT_TYPES.join(', ')}.`,
      });
    if (draft.size > MAX_UPLOAD_BYTES)
      throw new RequestRefused(Problems.tooLarge, {
        detail: `A file may have ${MAX_UPLOAD_BYTES} bytes at most.`,
      });
    await this.bucket.assertAvailable().catch((error: unknown) => {
      throw error instanceof StorageUnavailable ? new Rejection(MediaUnavailable) : error;
    });
    return this.commands.execute(new PresignUpload(userId, draft));
  }
}

@CommandHandler(PresignUpload)
export class PresignUploadHandler implements ICommandHandler<PresignUpload> {
  constructor(
    private readonly bucket: Bucket,
    private readonly clock: Clock,
    private readonly settings: MediaSettings,
    private readonly uploads: Uploads,
  ) {}

  async execute({ ownerId, draft }: PresignUpload): Promise<PresignedUpload> {
    const { maxBytes, maxUnused, uploadSeconds } = this.settings;
    const { unused, bytes } = await this.uploads.count(ownerId);
    if (unused >= maxUnused) throw new Rejection(TooManyUploads);
    if (bytes + draft.size > maxBytes) throw new Rejection(QuotaExceeded);
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + uploadSeconds * 1_000);
    const upload = Upload.request(ownerId, draft, now, expiresAt);
    await this.uploads.save(upload);
    const { contentType, mediaKey, size } = upload.snapshot();
    return {
      uploadUrl: this.bucket.uploadUrl(mediaKey, contentType, size, uploadSeconds),
      method: 'PUT',
      headers: { 'Content-Type': contentType },
      mediaKey,
      expiresAt,
    };
  }
}
