import type {Browser} from 'playwright-core';

export declare function launchChrome(): Promise<Browser>;
