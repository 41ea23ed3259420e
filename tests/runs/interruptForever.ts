/** A process whose work never ends, whatever its signal says. */
import { interruptible } from '../../src/cli/interrupt.ts';
import { systemTerminal } from '../../src/cli/terminal/terminal.ts';

await interruptible(systemTerminal(), async () => {
  setInterval(() => undefined, 1000);
  process.stdout.write('working\n');
  await new Promise(() => undefined);
});
