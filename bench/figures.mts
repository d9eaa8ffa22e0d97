/** Prints a row of a Markdown table. */
export function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** @returns `1 M` for a million */
export function short(number: number): string {
  return number
    .toLocaleString('en', { notation: 'compact' })
    .toLowerCase()
    .replace('m', ' M')
    .replace('k', ' k');
}

/** @returns the median of the values */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** @param share of the values that are below the result: 0.99 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
