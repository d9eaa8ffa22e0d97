import { verifyAudit } from '@rookery/audit';
import { DatabaseSettings } from '@rookery/persistence';

verifyAudit(new DatabaseSettings(), process.argv[2], (line) => console.log(line))
  .then((intact) => {
    if (!intact) process.exitCode = 1;
  })
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
