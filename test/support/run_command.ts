import {execFile} from 'node:child_process';

/** How a command ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as a user does. */
export function runCommand(command: string, ...args: readonly string[]): Promise<Ended> {
  return runCommandIn({}, command, ...args);
}

/** Runs a command with environment variables beside those of this process. */
export function runCommandIn(
  environment: Readonly<Record<string, string>>,
  command: string,
  ...args: readonly string[]
): Promise<Ended> {
  return new Promise(resolve => {
    const options = {shell: needsShell(command), env: {...process.env, ...environment}};
    const child = execFile(command, args, options, (_, stdout, stderr) => {
      // A signal that ends the command leaves no code.
      resolve({code: child.exitCode ?? NaN, stdout, stderr});
    });
  });
}

/** On Windows, npm and npx are scripts. */
function needsShell(command: string): boolean {
  return process.platform === 'win32' && command !== process.execPath;
}

/** The arguments with which Node runs a program in TypeScript, as `npx tsx` does but without starting npm. */
export const TSX: readonly string[] = ['--import', 'tsx'];
