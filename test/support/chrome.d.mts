import type {Browser} from 'playwright-core';

export declare function launchChrome(rendering?: {
  readonly gpu?: boolean;
  readonly webcam?: boolean;
}): Promise<Browser>;
