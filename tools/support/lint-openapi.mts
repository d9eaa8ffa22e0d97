// Lints an OpenAPI document with the ruleset recommended-strict of Redocly and the ruleset oas of Spectral: node
// lint-openapi.mts openapi.json. Prints every finding and exits with 1 if there is one.
import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';

const { Spectral } = spectralCore;
const { oas } = spectralRulesets;

/**
 * The one ambiguous path: `/v1/users/{id}/follow` also matches a token "follow". It is part of the contract. The router
 * prefers the fixed segment, and no user has the id "activate".
 */
const AMBIGUOUS_PATH = '/v1/users/activate/{token}';

/** The one operation whose success is 101: a WebSocket. */
const UPGRADE = /\/v1\/ws|\/~1v1~1ws\//;
const SUCCESS = ['operation-2xx-response', 'operation-success-response'];

async function lint(path: string): Promise<string[]> {
  const source = readFileSync(path, 'utf8');
  return [...(await redocly(source, path)), ...(await spectral(source))];
}

async function redocly(source: string, path: string): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'], telemetry: 'off' });
  const problems = await lintFromString({ source, absoluteRef: path, config });
  return problems
    .filter(({ ruleId, message }) => ruleId !== 'no-ambiguous-paths' || !message.includes(AMBIGUOUS_PATH))
    .filter(({ ruleId, location }) => !SUCCESS.includes(ruleId) || !UPGRADE.test(location[0]?.pointer ?? ''))
    .map(({ ruleId, message, location }) => {
      const [place] = location;
      return `Redocly ${ruleId}: ${message} (${place?.pointer ?? path})`;
    });
}

async function spectral(source: string): Promise<string[]> {
  const linter = new Spectral();
  linter.setRuleset({ extends: [[oas as RulesetDefinition, 'recommended']] });
  const results = await linter.run(source);
  return results
    .filter(({ code, path }) => !SUCCESS.includes(String(code)) || !UPGRADE.test(path.join('/')))
    .map(({ code, message, path }) => `Spectral ${code}: ${message} (${path.join('.')})`);
}

const findings = await lint(process.argv[2]!);
for (const finding of findings) console.error(finding);
process.exitCode = findings.length > 0 ? 1 : 0;
