import { verifyAudit } from '@rookery/audit';
import { DatabaseSettings } from '@rookery/persistence';

async function verify(): Promise<void> {
  const intact = await verifyAudit(new DatabaseSettings(), process.argv[2], (line) => console.log(line));
  if (!intact) process.exitCode = 1;
}

verify().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
