export function npmCommand(args: string[]): { file: string; args: string[] };
export function npmEnvironment(): NodeJS.ProcessEnv;
export function npm(args: string[], options?: { cwd?: string; quiet?: boolean }): Promise<void>;
export function fetchPackage(
  name: string,
  version: string,
  cacheDir: string,
  say: (line: string) => void,
): Promise<string>;
export function scratchFolder(target: string): string;
