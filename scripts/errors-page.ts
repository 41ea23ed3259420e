/** docs/errors.md: every error code with its meaning, from src/errors.ts. */
import { errorCodes } from '../src/errors.ts';

/** The page. */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([code, { meaning, exit }]) => `| \`${code}\` | ${meaning} | ${exit} |`);
  return `# Errors

What can go wrong for a user is thrown as a \`LookbackError\`. Its message names the operation, file or key, what was
expected, what came, and the next step; its \`code\` is stable: test that, not the message. \`npm run pages\` makes this page
from \`src/errors.ts\`. On the command line \`--json\` prints \`{"event":"error","code":…,"message":…}\`; \`INTERNAL\` there is
a fault in Lookback.

\`\`\`ts
import { LookbackError } from 'lookback';
try {
  model.loadStateDict(state);
} catch (error) {
  if (error instanceof LookbackError && error.code === 'STATE_MISMATCH') console.error(error.message);
  else throw error;
}
\`\`\`

| code | meaning | exit status |
|---|---|---|
${rows.join('\n')}
`;
}
