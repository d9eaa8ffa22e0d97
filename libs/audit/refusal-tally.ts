/** The key by which refusals are counted. */
export interface Refusal {
  action: string;
  code: string | null;
  subjectId: string | null;
}

/** Refusals of one kind that were counted without entries. */
export interface Repeated extends Refusal {
  count: number;
}

/** Refusals of one kind that get an entry; further ones are only counted. */
const MAX_ENTRIES = 5;
/** Distinct kinds; refusals of further kinds are counted without their subject. */
const MAX_KINDS = 50;

/**
 * Keeps anonymous callers from filling the audit log: between two calls of {@link take} each kind of refusal is
 * admitted five times, and then counted. Between two calls at most 250 are admitted. One call returns at most 50 counts
 * and one for each action and code.
 */
export class RefusalTally {
  private seen = new Map<string, Repeated & { admitted: number }>();

  /** @returns whether the refusal gets an entry; if not, it is counted */
  admit(refusal: Refusal): boolean {
    const kind = this.kindOf(refusal) ?? this.crowdOf(refusal);
    if (kind.admitted < MAX_ENTRIES) {
      kind.admitted += 1;
      return true;
    }
    kind.count += 1;
    return false;
  }

  /** @returns what was counted since the last call, and resets the count. */
  take(): Repeated[] {
    const repeated = [...this.seen.values()].filter(({ count }) => count > 0);
    this.seen = new Map();
    return repeated.map(({ action, code, subjectId, count }) => ({ action, code, subjectId, count }));
  }

  private kindOf({ action, code, subjectId }: Refusal): (Repeated & { admitted: number }) | undefined {
    const key = JSON.stringify([action, code, subjectId]);
    let kind = this.seen.get(key);
    if (!kind && this.seen.size < MAX_KINDS) {
      kind = { action, code, subjectId, count: 0, admitted: 0 };
      this.seen.set(key, kind);
    }
    return kind;
  }

  /** Too many kinds: all of one action and code share a count, without entries. */
  private crowdOf({ action, code }: Refusal): Repeated & { admitted: number } {
    const key = JSON.stringify([action, code]);
    let crowd = this.seen.get(key);
    if (!crowd) {
      crowd = { action, code, subjectId: null, count: 0, admitted: MAX_ENTRIES };
      this.seen.set(key, crowd);
    }
    return crowd;
  }
}
