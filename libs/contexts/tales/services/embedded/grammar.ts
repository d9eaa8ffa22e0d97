/** Names and their inflected forms: symbols that are chosen together, once per story. */
export type Forms = Readonly<Record<string, string>>;

/** What a mood adds to every story. */
export interface Tone {
  /** Adjectives. */
  mood: readonly string[];
  openings: readonly string[];
  scenes: readonly string[];
  endings: readonly string[];
}

/** A plot: its titles, and its paragraphs in order, each in several variants. */
export interface Shape {
  titles: readonly string[];
  beats: readonly (readonly string[])[];
}

/**
 * The grammar of a language, in the notation of tracery: `#symbol#` is replaced by one of its rules. `{topics}` and
 * `{wish}` are placeholders for words of the reader, which are inserted afterwards and never expanded.
 */
export interface Grammar {
  /** Each list is a choice of forms that belong together. */
  cast: readonly (readonly Forms[])[];
  symbols: Readonly<Record<string, readonly string[]>>;
  shapes: readonly Shape[];
  /** Paragraphs that fit into every plot. */
  scenes: readonly string[];
  /** Paragraphs about the interests of the reader. */
  topics: readonly string[];
  /** A paragraph about what the reader has asked for. */
  wishes: readonly string[];
  tones: Readonly<Record<string, Tone>>;
  /** Joins a list of topics. */
  list(topics: readonly string[]): string;
}
