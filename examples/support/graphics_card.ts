import {startWebGPU} from 'tfjs-optim/node-webgpu';

import {UsageError} from '../digits/command_line';

/**
 * Starts the backend webgpu on the machine's graphics card.
 * @returns a sentence that says which card it is.
 * @throws UsageError if there is no card, no driver or no package.
 */
export async function cardInWords(): Promise<string> {
  try {
    const {vendor, architecture, device, description, software} = await startWebGPU();
    const names = [vendor, architecture, device, description].filter(name => name !== '');
    const slow = software ? ' It is a driver in software: the backend wasm is faster.' : '';
    return `The graphics card: ${names.join(', ')}.${slow}`;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), {cause: error});
  }
}
