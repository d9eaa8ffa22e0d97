// Validates an AsyncAPI document against the schema of its version, and lints it with the ruleset asyncapi of Spectral:
// node lint-asyncapi.mts asyncapi.json. Prints every finding and exits with 1 if there is one.
import { readFileSync } from 'node:fs';
import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';

const { Spectral } = spectralCore;
const { asyncapi } = spectralRulesets;

const linter = new Spectral();
linter.setRuleset({
  extends: [[asyncapi as RulesetDefinition, 'recommended']],
  rules: {
    'asyncapi-latest-version': 'off', // few tools read 3.1
    'asyncapi-info-contact-properties': 'off', // the maintainers have no address
  },
});
const findings = await linter.run(readFileSync(process.argv[2]!, 'utf8'));
for (const { code, message, path } of findings) console.error(`${code}: ${message} (${path.join('.')})`);
process.exitCode = findings.length > 0 ? 1 : 0;
