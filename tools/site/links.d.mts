export declare function problemsIn(folder: string): string[];
