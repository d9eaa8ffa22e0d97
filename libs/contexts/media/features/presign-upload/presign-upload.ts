import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, FieldError, Rejection, Rules } from '@rookery/domain';
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
    description: 'Name of the file. Folders and misleading characters are removed.',
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
  @Field.url({
    description:
      'URL to send the file to, until `expiresAt`. The file must have the announced type and size.',
  })
  uploadUrl: string;

  @Field.oneOf(['PUT'], { description: 'Method of the request.', example: 'PUT' })
  method: 'PUT';

  @Field.object(() => UploadHeaders, {
    description: 'Headers of the request, in addition to Content-Length.',
  })
  headers: UploadHeaders;

  @Field.text({
    max: 100,
    description:
      'Identifies the file in fields that accept a mediaKey, after you have sent it. An unused file is removed after a day.',
    example: 'uploads/0198c1d0-7a1c-7f00-a5d3-e1c2b3a49587',
  })
  mediaKey: string;

  @Field.dateTime({ description: 'When the upload URL expires.' })
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
      'Returns a URL, a method and headers. Send the file to this URL yourself. The storage rejects a file with a different size or type. Before an image is shown to anybody, it is re-encoded in three sizes without camera metadata. Only the first frame of an animated image is kept.',
    ok: { status: 201, type: PresignedUpload },
    rejects: [MediaUnavailable, QuotaExceeded, TooManyUploads],
  })
  async presign(@CurrentCaller() { userId }: Caller, @Body() draft: UploadRequest): Promise<PresignedUpload> {
    assertAccepted(draft);
    await this.bucket.assertAvailable().catch((error: unknown) => {
      throw error instanceof StorageUnavailable ? new Rejection(MediaUnavailable) : error;
    });
    return this.commands.execute(new PresignUpload(userId, draft));
  }
}

/** @throws RequestRefused `request.unsupported-media-type`, `request.too-large` */
function assertAccepted({ contentType, size }: UploadRequest): void {
  if (!CONTENT_TYPES.includes(contentType)) {
    const detail = `Files of this type are not accepted. Accepted types: ${CONTENT_TYPES.join(', ')}.`;
    const error = FieldError.of(Rules.oneOf, 'contentType', { values: [...CONTENT_TYPES] }, detail);
    throw new RequestRefused(Problems.unsupportedMediaType, { detail, errors: [error] });
  }
  if (size > MAX_UPLOAD_BYTES) {
    const detail = `A file can have at most ${MAX_UPLOAD_BYTES} bytes.`;
    const error = FieldError.of(Rules.range, 'size', { min: 1, max: MAX_UPLOAD_BYTES }, detail);
    throw new RequestRefused(Problems.tooLarge, { detail, errors: [error] });
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
