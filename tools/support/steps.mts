/** Prints a line when the work is done, with its result and duration. */
export async function step<T>(
  title: string,
  work: () => Promise<T>,
  detail: (result: T) => string | undefined = () => undefined,
): Promise<T> {
  const started = performance.now();
  const line = (mark: string, text: string) =>
    console.log(`${mark} ${text} ${((performance.now() - started) / 1000).toFixed(1)} s`);
  try {
    const result = await work();
    line('✓', [title, detail(result)].filter(Boolean).join(' '));
    return result;
  } catch (error) {
    line('✗', title);
    throw error;
  }
}
