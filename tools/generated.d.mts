export declare function filledPage(page: string, name: string, text: string, before?: string): Promise<string>;
export declare function laidOut(file: string, text: string): Promise<string>;
export declare function writeGenerated(files: ReadonlyMap<string, string>, command: string): void;
