/** See find_chrome.mjs. */
export declare function swiftShaderEnvironment(): Readonly<Record<string, string>> | undefined;
