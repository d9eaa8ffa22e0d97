// The rules of all contexts.
import '@rookery/contexts';
import { definedRules } from '@rookery/domain';

const rules = new Map(definedRules().map((rule) => [rule.code, rule]));

/** A rule that is violated, as a client or a suite sees it. */
interface Seen {
  path: string;
  code: string;
  params: object;
  message: string;
}

/** @returns what is wrong with an entry of `errors[]`; undefined if its rule is declared and has its parameters. */
export function undeclared({ path, code, params, message }: Seen): string | undefined {
  const rule = rules.get(code);
  if (!rule) return `${path} has the code ${code}, which no rule has`;
  if (!rule.params.safeParse(params).success)
    return `${path} has params that ${code} does not have: ${JSON.stringify(params)}`;
  return message.length > 0 ? undefined : `${path} has no message`;
}

/**
 * @param problem body of an answer
 * @returns what is wrong with its `errors[]`
 */
export function undeclaredIn(problem: unknown): string[] {
  const { code, errors } = (problem ?? {}) as { code?: string; errors?: Seen[] };
  if (code === 'request.invalid' && !errors?.length) return ['request.invalid without errors'];
  return (errors ?? []).flatMap((error) => undeclared(error) ?? []);
}
