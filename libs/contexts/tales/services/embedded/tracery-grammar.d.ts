/** The parts of tracery-grammar that are used; it has no types of its own. */
declare module 'tracery-grammar' {
  interface Grammar {
    addModifiers(modifiers: object): void;
    /** @returns the rule with every `#symbol#` expanded */
    flatten(rule: string): string;
  }
  const tracery: {
    createGrammar(symbols: Readonly<Record<string, readonly string[]>>): Grammar;
    /** Sets the source of random numbers in [0, 1) of all grammars. */
    setRng(random: () => number): void;
    baseEngModifiers: object;
  };
  export default tracery;
}
