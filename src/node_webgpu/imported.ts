import {arch, platform} from 'node:process';

/** The text of an error, or of what was thrown in place of one. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Imports a package that the project must install.
 * @throws (rejects) if it is missing or can't be loaded. The error says what to install.
 */
export async function imported(name: string, load: () => Promise<unknown>): Promise<unknown> {
  try {
    return await load();
  } catch (error) {
    const reason = reasonOf(error);
    // The package itself may import another one that is missing.
    const missing = new RegExp(`Cannot find (package|module) '${name}'`).test(reason);
    throw new Error(
      missing
        ? `startWebGPU needs the package '${name}', which is not installed. Install it: npm install ${name}`
        : `The package '${name}' can't be loaded on ${platform} (${arch}). Its error: ${reason}`,
      {cause: error},
    );
  }
}
