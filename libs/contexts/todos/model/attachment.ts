import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { AttachmentAdded, AttachmentRemoved } from '../events';

export interface AttachmentState extends AggregateState {
  /** Null if the todo was deleted and the file is not released yet. */
  todoId: string | null;
  workspaceId: string;
  /** Null once the account of the author is erased. */
  authorId: string | null;
  mediaKey: string;
  fileName: string;
  createdAt: Date;
}

/** A file on a todo. */
export class Attachment extends Aggregate<AttachmentState> {
  static add(
    of: { todoId: string; workspaceId: string; authorId: string },
    file: { mediaKey: string; fileName: string },
    now: Date,
  ): Attachment {
    const attachment = new Attachment({ ...of, ...file, id: newId(), version: 0, createdAt: now });
    attachment.raise(AttachmentAdded, { todoId: of.todoId, workspaceId: of.workspaceId });
    return attachment;
  }

  get todoId(): string | null {
    return this.state.todoId;
  }

  get mediaKey(): string {
    return this.state.mediaKey;
  }

  /** Name of this use of the file in the media library. */
  get use(): string {
    return `todos:${this.id}`;
  }

  delete(): void {
    const { todoId, workspaceId } = this.state;
    this.raise(AttachmentRemoved, { todoId: todoId!, workspaceId });
  }
}
